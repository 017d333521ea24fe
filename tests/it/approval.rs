//! A run that would change too much waits for a second person.

use chrono::TimeDelta;
use reqwest::{Method, RequestBuilder};
use segment_export::{db, sql};
use serde_json::{Value, json};

use crate::leavers::{csv, export, run, state};
use crate::support::{TestApp, good, refused, text};

const BRAKE: [i64; 2] = [3, 100];

fn sync(hold: &str) -> Value {
    let [count, percent] = BRAKE;
    json!({"leavers": {"action": "delete"}, "brake": {"removals": {"count": count, "percent": percent}, "hold": hold}})
}

/// An export of ten people of whom five leave, and its run, which waits.
pub async fn held(app: &TestApp, hold: &str) -> (String, String) {
    let export = of_people(app, hold).await;
    let run = held_run(app, &export).await;
    (export, run)
}

pub async fn of_people(app: &TestApp, hold: &str) -> String {
    export(app, "People", 0..10, &sync(hold)).await
}

/// A run of that export of which five of ten people leave.
pub async fn held_run(app: &TestApp, export: &str) -> String {
    run(app, export).await;
    app.segment("People", &csv(5..12)).await;
    let run = app.start_run(export).await;
    app.run_when(&run, |run| run["status"] == "awaitingApproval").await;
    run
}

/// A request of an administrator who has this subject.
pub fn request_as(app: &TestApp, method: Method, subject: &str, path: &str) -> RequestBuilder {
    let path = format!("v1/instances/{}{path}", app.instance);
    app.anonymous(method, &path).bearer_auth(app.token_named(subject, subject))
}

async fn call_as(app: &TestApp, subject: &str, path: &str, body: &Value) -> reqwest::Response {
    request_as(app, Method::POST, subject, path).json(body).send().await.unwrap()
}

pub async fn approve(app: &TestApp, subject: &str, run: &str, hash: &str) -> reqwest::Response {
    let path = format!("/runs/{run}/approve");
    call_as(app, subject, &path, &json!({"planHash": hash})).await
}

pub async fn hash(app: &TestApp, run: &str) -> String {
    text(&app.get(&format!("/runs/{run}/plan")).await, "hash")
}

/// As if nobody had decided for three days.
async fn let_time_pass(app: &TestApp) {
    let (app, past) = (app.app(), db::now() - TimeDelta::hours(1));
    let mut tx = app.db.write().await.unwrap();
    let update = "UPDATE runs SET held_until = $1 WHERE held_until IS NOT NULL";
    sql!(&mut tx, |db| sqlx::query(update).bind(past).execute(db).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_sent_and_removals_wait_until_another_person_approves_them() {
    let app = TestApp::start().await;
    let (export, run) = held(&app, "removals").await;

    let waiting = app.get(&format!("/runs/{run}")).await;
    assert_eq!(waiting["reason"]["code"], "awaitingApproval");
    assert_eq!(
        (&waiting["counts"]["created"], &waiting["counts"]["leavers"]["remaining"]),
        (&json!(2), &json!(5))
    );
    assert_eq!((state(&app, 0).await, app.active().await), ("Active".into(), 12));
    let plan = app.get(&format!("/runs/{run}/plan")).await;
    let numbers = ["new", "changed", "unchanged", "leavers", "kept", "returning"]
        .map(|name| plan[name].as_i64());
    assert_eq!(numbers, [2, 0, 5, 5, 0, 0].map(Some), "{plan}");
    assert_eq!(plan["limits"], json!([{"limit": "removalsCount", "value": 5, "from": 3}]));
    assert_eq!(
        app.get(&format!("/exports/{export}")).await["lastRun"]["status"],
        "awaitingApproval"
    );
    let listed = app.get("/runs?status=awaitingApproval").await;
    assert_eq!(listed["items"][0]["runId"], json!(run));
    assert_eq!(app.get("/runs?status=queued").await["items"], json!([]));

    let hash = text(&plan, "hash");
    let own = approve(&app, "Admin@example.com", &run, &hash).await;
    assert_eq!(refused(own, 403).await["errorCode"], "secondPersonNeeded");
    let other = approve(&app, "ben@example.com", &run, &"0".repeat(64)).await;
    assert_eq!(refused(other, 409).await["errorCode"], "planChanged");
    good(approve(&app, "ben@example.com", &run, &hash).await).await;
    let ended = app.ended(&run).await;
    assert_eq!(
        (&ended["status"], &ended["counts"]["leavers"]["deleted"]),
        (&json!("successful"), &json!(5))
    );
    assert_eq!((state(&app, 0).await, app.active().await), ("Deleted".into(), 7));
    let approved = app.get(&format!("/runs/{run}/plan")).await;
    assert_eq!(
        (&approved["decidedBy"], &approved["heldUntilUtc"]),
        (&json!("ben@example.com"), &Value::Null)
    );
    let receipt = app.get(&format!("/runs/{run}/receipt")).await;
    let decision = &receipt["decision"];
    assert_eq!(
        (&decision["outcome"], &decision["decidedBy"], &decision["planHash"]),
        (&json!("approved"), &json!("ben@example.com"), &json!(hash))
    );
    assert_eq!(receipt["leaverCalls"], json!({"made": 5, "answered": 5}));
    let late = approve(&app, "eva@example.com", &run, &hash).await;
    assert_eq!(refused(late, 409).await["errorCode"], "notAwaitingApproval");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_before_the_approval_where_the_whole_run_is_held() {
    let app = TestApp::start().await;
    let (_, run) = held(&app, "run").await;
    assert_eq!((app.active().await, state(&app, 0).await), (10, "Active".into()));
    good(approve(&app, "ben@example.com", &run, &hash(&app, &run).await).await).await;
    let ended = app.ended(&run).await;
    assert_eq!(
        (&ended["counts"]["created"], &ended["counts"]["leavers"]["deleted"]),
        (&json!(2), &json!(5))
    );
    assert_eq!(app.active().await, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_run_ends_and_removes_nobody_and_the_next_one_asks_again() {
    let app = TestApp::start().await;
    let (export, run) = held(&app, "removals").await;
    let (path, note) = (format!("/runs/{run}/decline"), json!({"note": "A mistake."}));
    let declined = good(call_as(&app, "ben@example.com", &path, &note).await).await;
    assert_eq!(
        (&declined["status"], &declined["reason"]["code"]),
        (&json!("skipped"), &json!("declined"))
    );
    assert!(text(&declined["reason"], "message").contains("A mistake."), "{declined}");
    assert_eq!(state(&app, 0).await, "Active");
    let receipt = app.get(&format!("/runs/{run}/receipt")).await;
    let decision = &receipt["decision"];
    assert_eq!(
        (&decision["outcome"], &decision["decidedBy"], &decision["note"]),
        (&json!("declined"), &json!("ben@example.com"), &json!("A mistake."))
    );
    assert_eq!(receipt["leaverCalls"], json!({"made": 0, "answered": 0}));
    let page = app.request("Viewer", Method::GET, &format!("/runs/{run}/receipt"));
    let page = page.header("Accept", "text/html").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("A mistake.") && page.contains("ben@example.com"), "{page}");
    let next = app.start_run(&export).await;
    let next = app.run_when(&next, |run| run["status"] == "awaitingApproval").await;
    assert_eq!(next["counts"]["leavers"]["remaining"], 5, "the baseline is not behind: {next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_run_takes_the_place_of_one_that_waits() {
    let app = TestApp::start().await;
    let (export, run) = held(&app, "removals").await;
    app.segment("People", &csv(0..12)).await;
    let newer = app.start_run(&export).await;
    let old = app.ended(&run).await;
    assert_eq!((&old["status"], &old["reason"]["code"]), (&json!("skipped"), &json!("superseded")));
    let ended = app.ended(&newer).await;
    assert_eq!(
        (&ended["status"], &ended["counts"]["leavers"]["found"]),
        (&json!("successful"), &json!(0))
    );
    assert_eq!(app.active().await, 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_about_members_of_before_cannot_be_approved_any_more() {
    let app = TestApp::start().await;
    let (export, run) = held(&app, "removals").await;
    app.segment("People", &csv(4..12)).await;
    let late = approve(&app, "ben@example.com", &run, &hash(&app, &run).await).await;
    let problem = refused(late, 409).await;
    assert_eq!(problem["errorCode"], "segmentsChanged");
    assert!(text(&problem, "detail").contains("“People”"), "{problem}");
    let newer = app.start_run(&export).await;
    app.run_when(&newer, |run| run["status"] == "awaitingApproval").await;
    good(approve(&app, "ben@example.com", &newer, &hash(&app, &newer).await).await).await;
    assert_eq!(app.ended(&newer).await["counts"]["leavers"]["deleted"], 4);
    assert_eq!(state(&app, 4).await, "Active", "who came back stays");
}

async fn empty(app: &TestApp) {
    let path = "/segments/People/members?allowEmpty=true";
    let empty = app.request("Admin", Method::PUT, path).header("Content-Type", "text/csv");
    good(empty.body(csv(0..0)).send().await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_segment_removes_nobody_without_an_approval() {
    let app = TestApp::start().await;
    let limits = json!({"removals": {"count": 1000, "percent": 100}});
    let sync = json!({"leavers": {"action": "delete"}, "brake": limits});
    let export = export(&app, "People", 0..10, &sync).await;
    run(&app, &export).await;
    empty(&app).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["status"] == "awaitingApproval").await;
    let plan = app.get(&format!("/runs/{run}/plan")).await;
    let limits: Vec<_> =
        plan["limits"].as_array().unwrap().iter().map(|one| text(one, "limit")).collect();
    assert_eq!(limits, ["removalsPercent", "emptySegments"]);
    assert_eq!(app.active().await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_new_members_hold_the_whole_run() {
    let app = TestApp::start().await;
    let sync =
        json!({"brake": {"additions": {"count": 5, "percent": 100}, "approver": "anyEditor"}});
    let export = export(&app, "People", 0..4, &sync).await;
    run(&app, &export).await;
    app.segment("People", &csv(0..9)).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["status"] == "awaitingApproval").await;
    assert_eq!(app.active().await, 4);
    let hash = hash(&app, &run).await;
    good(approve(&app, "Admin@example.com", &run, &hash).await).await;
    assert_eq!(app.ended(&run).await["counts"]["created"], 5, "the editor may approve");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_nobody_approves_in_time_ends() {
    let app = TestApp::start_with(&["--schedule-ms", "20"]).await;
    let (_, run) = held(&app, "removals").await;
    let_time_pass(&app).await;
    let ended = app.ended(&run).await;
    assert_eq!(
        (&ended["status"], &ended["reason"]["code"]),
        (&json!("skipped"), &json!("notApproved"))
    );
    let events = app.get("/audit-events?action=run.expire").await;
    assert_eq!(events["items"][0]["actor"]["subject"], "scheduler", "{events}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_waits_can_be_cancelled_and_holds_up_nobody_else() {
    let app = TestApp::start().await;
    let (_, held) = held(&app, "removals").await;
    let other = export(&app, "Other", 50..55, &json!({})).await;
    assert_eq!(run(&app, &other).await["status"], "successful");
    let cancel = app.request("Admin", Method::POST, &format!("/runs/{held}/cancel"));
    good(cancel.send().await.unwrap()).await;
    assert_eq!(app.ended(&held).await["status"], "canceled");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_segment_waits_also_where_nothing_limits_removals() {
    let app = TestApp::start().await;
    let sync = json!({"leavers": {"action": "delete"}, "brake": {"removals": null}});
    let export = export(&app, "People", 0..4, &sync).await;
    run(&app, &export).await;
    empty(&app).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["status"] == "awaitingApproval").await;
    assert_eq!(app.active().await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_are_flagged_already_are_no_members_of_whom_a_part_may_leave() {
    let app = TestApp::start().await;
    let flag = json!({"action": "flag", "key": "tier", "in": "Gold", "out": "Bronze"});
    let sync = json!({"leavers": flag, "brake": {"removals": {"count": 15, "percent": 70}}});
    let export = export(&app, "People", 0..20, &sync).await;
    run(&app, &export).await;
    for members in [0..8, 0..2] {
        app.segment("People", &csv(members)).await;
        let run = app.start_run(&export).await;
        app.run_when(&run, |run| run["status"] != "queued" && run["status"] != "running").await;
    }
    let waiting = app.get("/runs?status=awaitingApproval").await;
    let run = text(&waiting["items"][0], "runId");
    let plan = app.get(&format!("/runs/{run}/plan")).await;
    assert_eq!(plan["limits"], json!([{"limit": "removalsPercent", "value": 75, "from": 70}]));
}
