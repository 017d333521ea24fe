//! Verifications: the list is compared with what a run sent, while others change it.

use chrono::TimeDelta;
use reqwest::{Method, Response};
use segment_export::sandbox::LIST_ID;
use segment_export::upkeep::janitor;
use segment_export::{db, sql};
use serde_json::{Value, json};

use crate::leavers;
use crate::support::{TestApp, good, people, refused, text, until};

impl TestApp {
    pub async fn verify(&self, run: &str, body: &Value) -> Response {
        let path = format!("/runs/{run}/verifications");
        self.request("Admin", Method::POST, &path).json(body).send().await.unwrap()
    }

    /// The newest verification of a run, once it has ended.
    pub async fn verified(&self, run: &str) -> Value {
        let path = format!("/runs/{run}/verifications");
        let newest = async || self.get(&path).await["items"][0].clone();
        until(async || newest().await["endUtc"].is_string()).await;
        newest().await
    }

    /// Asks for a verification, and returns it once it has ended.
    pub async fn verified_at(&self, run: &str, body: &Value) -> Value {
        let asked = good(self.verify(run, body).await).await;
        let ended = self.verified(run).await;
        assert_eq!(ended["verificationId"], asked["verificationId"]);
        ended
    }

    async fn differences(&self, verification: &Value) -> Vec<Value> {
        let (run, id) = (text(verification, "runId"), text(verification, "verificationId"));
        let path = format!("/runs/{run}/verifications/{id}/differences?limit=200");
        self.get(&path).await["items"].as_array().unwrap().clone()
    }

    /// Somebody else stores people on the newsletter.
    async fn store(&self, people: &Value) {
        self.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), people).await;
    }

    /// Somebody else removes a person without a trace.
    async fn erase(&self, email: &str) {
        let path = format!("lists/{LIST_ID}/subscribers?email={email}");
        self.order(Method::DELETE, &path, &json!({})).await;
    }

    pub async fn successful(&self, export: &str) -> String {
        let run = self.start_run(export).await;
        assert_eq!(self.ended(&run).await["status"], "successful");
        run
    }
}

fn counts(verification: &Value) -> Vec<Option<i64>> {
    let names = ["confirmed", "missing", "changedByOthers", "strangers", "unknown", "bound"];
    names.iter().map(|name| verification[name].as_i64()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_run_ends_with_the_counts_of_its_list_before_and_after() {
    let app = TestApp::start().await;
    app.store(&json!([{"email": "before@example.com", "state": "Active"},
        {"email": "left@example.com", "state": "Unsubscribed"}]))
        .await;
    let run = app.successful(&app.export_of(30).await).await;
    let verification = app.verified(&run).await;
    assert_eq!(verification["level"], "counts");
    assert_eq!(verification["status"], "completed", "{verification}");
    assert_eq!(verification["requestedBy"], Value::Null);
    assert_eq!(counts(&verification), [None, Some(0), None, None, None, None]);
    let list = app.get(&format!("/runs/{run}/receipt")).await["list"].clone();
    let people = |active| json!({"active": active, "unconfirmed": 0, "unsubscribed": 1, "bounced": 0, "deleted": 0});
    assert_eq!(list["before"]["people"], people(1));
    assert_eq!(list["after"]["people"], people(31));
}

/// The dates of the account say nothing about the zone of a client.
#[tokio::test(flavor = "multi_thread")]
async fn counts_show_who_is_missing_in_any_time_zone() {
    let app = TestApp::start().await;
    let export = app.export_of(20).await;
    for offset in [0, -600, 720] {
        app.order(Method::PUT, "clock", &json!({"offsetMinutes": offset})).await;
        app.order(Method::DELETE, &format!("lists/{LIST_ID}/subscribers"), &json!({})).await;
        let run = app.successful(&export).await;
        assert_eq!(app.verified(&run).await["missing"], 0, "{offset}");
        app.erase("person3@example.com").await;
        app.erase("person4@example.com").await;
        let later = app.verified_at(&run, &json!({"level": "counts"})).await;
        assert_eq!(later["missing"], 2, "{later}");
        assert_eq!(later["requestedBy"], "Admin@example.com");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_comparison_names_whom_others_removed_changed_and_added() {
    let app = TestApp::start().await;
    let run = app.successful(&app.export_of(2500).await).await;
    app.erase("person7@example.com").await;
    app.store(&json!([
        {"email": "PERSON8@example.com", "state": "Deleted"},
        {"email": "person9@example.com", "state": "Active", "fields": {"city": "Tallinn"}},
        {"email": "person10@example.com", "state": "Active", "name": "Ten", "fields": {"city": "Riga"}},
        {"email": "stranger@example.com", "state": "Active"},
        {"email": "gone@example.com", "state": "Bounced"},
    ]))
    .await;
    let full = app.verified_at(&run, &json!({"level": "full"})).await;
    assert_eq!(counts(&full), [Some(2497), Some(2), Some(1), Some(1), Some(0), None], "{full}");
    assert_eq!((&full["pagesRead"], &full["pagesOf"]), (&json!(3), &json!(3)));
    let mut differences = app.differences(&full).await;
    differences.sort_by_key(|one| text(one, "email"));
    let expected = [
        json!({"kind": "missing", "email": "person7@example.com", "customerId": "7", "state": null}),
        json!({"kind": "missing", "email": "person8@example.com", "customerId": "8", "state": "deleted"}),
        json!({"kind": "changedByOthers", "email": "person9@example.com", "customerId": null, "state": "active"}),
        json!({"kind": "stranger", "email": "stranger@example.com", "customerId": null, "state": "active"}),
    ];
    assert_eq!(differences, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_bounds_what_is_missing_and_finds_what_its_pages_lack() {
    let app = TestApp::start().await;
    let run = app.successful(&app.export_of(2500).await).await;
    let one = app.verified_at(&run, &json!({"level": "sample", "pages": 1})).await;
    assert_eq!(counts(&one)[1], Some(0), "{one}");
    // A third of the list without a gap: ln 0.05 / ln (1 - 1/3) = 7.4.
    assert_eq!((&one["bound"], &one["pagesOf"]), (&json!(7), &json!(3)));
    let confirmed = one["confirmed"].as_i64().unwrap();
    assert!([500, 1000].contains(&confirmed), "a page: {one}");

    app.erase("person7@example.com").await;
    app.store(&json!([{"email": "person9@example.com", "state": "Active"}])).await;
    let all = app.verified_at(&run, &json!({"level": "sample"})).await;
    assert_eq!(all["pages"], 5);
    let expected = [Some(2498), Some(1), Some(1), Some(0), Some(0), Some(1)];
    assert_eq!(counts(&all), expected, "the list has only three pages: {all}");
    assert_eq!(app.differences(&all).await[0]["email"], "person7@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_list_misses_everybody() {
    let app = TestApp::start().await;
    let run = app.successful(&app.export_of(40).await).await;
    app.order(Method::DELETE, &format!("lists/{LIST_ID}/subscribers"), &json!({})).await;
    for level in ["sample", "full"] {
        let found = app.verified_at(&run, &json!({"level": level})).await;
        assert_eq!(counts(&found)[..2], [Some(0), Some(40)], "{level}");
        assert_eq!(app.differences(&found).await.len(), 40);
    }
}

/// Offsets have no snapshot: whoever leaves moves the first person of the next page to a page that was read.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_missed_because_the_pages_shift_while_they_are_read() {
    let app = TestApp::start_with(&["--uploads-in-flight", "1"]).await;
    let strangers: Vec<_> = (0..30)
        .map(|number| json!({"email": format!("a{number}@example.com"), "state": "Active"}))
        .collect();
    app.store(&json!(strangers)).await;
    let run = app.successful(&app.export_of(2500).await).await;
    let slow = json!([{"match": {"path": "active"}, "kind": {"latency": {"ms": 150}}}]);
    app.faults(&slow).await;
    let asked = good(app.verify(&run, &json!({"level": "full"})).await).await;
    for number in 0..30 {
        app.erase(&format!("a{number}@example.com")).await;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let full = app.verified(&run).await;
    assert_eq!(full["verificationId"], asked["verificationId"]);
    let found = counts(&full);
    assert_eq!(found[..3], [Some(2500), Some(0), Some(0)], "{full}");
    assert_eq!(found[4], Some(0), "{full}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_whom_campaign_monitor_rejected_is_missing() {
    let app = TestApp::start().await;
    app.store(&json!([{"email": "person1@example.com", "state": "Unsubscribed"}])).await;
    let members = people(10) + "11,no address,Riga\n12,PERSON2@example.com,Riga\n";
    app.segment("People", &members).await;
    let run = app.start_run(&app.export(&app.connection().await).await).await;
    assert_eq!(app.ended(&run).await["status"], "completedWithErrors");
    let full = app.verified_at(&run, &json!({"level": "full"})).await;
    assert_eq!(counts(&full)[..5], [Some(9), Some(0), Some(0), Some(0), Some(0)], "{full}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_its_runs_verified_as_it_says() {
    let app = TestApp::start().await;
    let export = app.export_of(1200).await;
    let change = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    good(change.json(&json!({"sync": {"verify": "full"}})).send().await.unwrap()).await;
    let run = app.successful(&export).await;
    let listed = app.get(&format!("/runs/{run}/verifications")).await["items"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1, "it ended with the run: {listed}");
    assert_eq!(listed[0]["status"], "completed", "{listed}");
    assert_eq!(counts(&listed[0])[..2], [Some(1200), Some(0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_was_rejected_before_and_is_accepted_by_this_run_is_expected_on_the_list() {
    let app = TestApp::start().await;
    let export = app.export_of(10).await;
    let change = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    let sync = json!({"sync": {"send": "changes", "verify": "full"}});
    good(change.json(&sync).send().await.unwrap()).await;
    app.store(&json!([{"email": "person1@example.com", "state": "Unsubscribed"}])).await;
    app.ended(&app.start_run(&export).await).await;

    app.store(&json!([{"email": "person1@example.com", "state": "Active"}])).await;
    let moved = people(10).replace("person1@example.com,Riga", "person1@example.com,Valmiera");
    app.segment("People", &moved).await;
    let run = app.successful(&export).await;
    let listed = app.get(&format!("/runs/{run}/verifications")).await["items"][0].clone();
    assert_eq!(counts(&listed)[..2], [Some(10), Some(0)], "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_as_it_would_when_its_list_cannot_be_read() {
    let app = TestApp::start().await;
    let export = app.export_of(10).await;
    let broken = json!([{"match": {"path": "active.json"}, "kind": {"status": {"status": 500}}}]);
    app.faults(&broken).await;
    let run = app.start_run(&export).await;
    assert_eq!(app.ended(&run).await["status"], "successful");
    let listed = app.get(&format!("/runs/{run}/verifications")).await["items"][0].clone();
    assert_ne!(listed["status"], "completed");
    let failed = app.verified(&run).await;
    assert_eq!(failed["status"], "failed", "{failed}");
    assert!(text(&failed, "reason").contains("Campaign Monitor"), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_resumes_when_its_worker_stops() {
    let mut app = TestApp::start().await;
    let run = app.successful(&app.export_of(1500).await).await;
    let slow =
        json!([{"match": {"path": "active"}, "times": 1, "kind": {"hang": {"ms": 600_000}}}]);
    app.faults(&slow).await;
    let asked = good(app.verify(&run, &json!({"level": "full"})).await).await;
    let path = format!("/runs/{run}/verifications");
    until(async || app.get(&path).await["items"][0]["status"] == "running").await;
    app.restart_with(&[]).await;
    let full = app.verified(&run).await;
    assert_eq!(full["verificationId"], asked["verificationId"]);
    assert_eq!(counts(&full)[..2], [Some(1500), Some(0)], "{full}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_verified_only_when_that_can_be_told() {
    let app = TestApp::start().await;
    let export = app.export_of(10).await;
    let slow = json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 400}}}]);
    app.faults(&slow).await;
    let first = app.start_run(&export).await;
    let full = json!({"level": "full"});
    let problem = refused(app.verify(&first, &full).await, 409).await;
    assert_eq!(problem["errorCode"], "runNotEnded");
    app.ended(&first).await;
    app.faults(&json!([{"match": {"path": "active"}, "kind": {"latency": {"ms": 400}}}])).await;
    let open = good(app.verify(&first, &full).await).await;
    let problem = refused(app.verify(&first, &full).await, 409).await;
    assert_eq!(problem["errorCode"], "verificationOpen");
    assert_eq!(problem["verificationId"], open["verificationId"]);
    app.verified(&first).await;
    app.faults(&json!([])).await;
    app.successful(&export).await;
    let problem = refused(app.verify(&first, &full).await, 409).await;
    assert_eq!(problem["errorCode"], "runNotVerifiable");
    for (body, code) in [
        (json!({"level": "sample", "pages": 0}), "outOfRange"),
        (json!({"level": "full", "pages": 5}), "notAccepted"),
    ] {
        let problem = refused(app.verify(&first, &body).await, 422).await;
        assert_eq!(problem["errors"][0]["code"], code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_members_were_replaced_is_verified_by_counts_only_and_nobody_is_blamed() {
    let app = TestApp::start().await;
    let run = app.successful(&app.export_of(3).await).await;
    app.verified(&run).await;
    app.segment("People", &people(5)).await;
    let full = app.verified_at(&run, &json!({"level": "full"})).await;
    let reason = text(&full, "reason");
    assert!(reason.starts_with("The members that this run read were replaced"), "{full}");
    let counts = app.verified_at(&run, &json!({"level": "counts"})).await;
    assert_eq!(counts["status"], "completed", "{counts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_the_differences_stands_in_the_audit() {
    let app = TestApp::start().await;
    let run = app.successful(&app.export_of(10).await).await;
    app.erase("person1@example.com").await;
    let full = app.verified_at(&run, &json!({"level": "full"})).await;
    let path = format!("/runs/{run}/verifications/{}/differences", text(&full, "verificationId"));
    let csv = app.request("Admin", Method::GET, &path).header("Accept", "text/csv");
    let csv = csv.send().await.unwrap().text().await.unwrap();
    assert_eq!(csv, "kind,email,customerId,state\r\nmissing,person1@example.com,1,\r\n");
    let events = app.get("/audit-events?action=run.readDifferences").await["items"].clone();
    assert_eq!(events[0]["object"]["id"], json!(run), "{events}");
    let events = app.get("/audit-events?action=run.verify").await["items"].clone();
    assert_eq!(events[0]["after"]["level"], "full", "{events}");
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_leave_with_the_rejections_of_their_run() {
    let app = TestApp::start_with(&["--keep-rejections-days", "30", "--roles", "api,worker"]).await;
    let run = app.successful(&app.export_of(10).await).await;
    app.erase("person1@example.com").await;
    let full = app.verified_at(&run, &json!({"level": "full"})).await;
    assert_eq!(app.differences(&full).await.len(), 1);
    let later = db::now() + TimeDelta::days(31);
    for _ in 0..2 {
        janitor::remove_expired(&app.app(), later).await.unwrap();
    }
    let path = format!("/runs/{run}/verifications/{}/differences", text(&full, "verificationId"));
    refused(app.request("Admin", Method::GET, &path).send().await.unwrap(), 410).await;
    refused(app.verify(&run, &json!({"level": "full"})).await, 410).await;
    let mut tx = app.app().db.read().await.unwrap();
    let left: i64 = sql!(&mut tx, |db| {
        let count = sqlx::query_scalar("SELECT count(*) FROM verification_differences");
        count.fetch_one(db).await.unwrap()
    });
    assert_eq!(left, 0);
    assert_eq!(app.verified(&run).await["missing"], 1, "the counts remain");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_others_put_on_the_list_only_those_see_who_may_use_its_connection() {
    let app = TestApp::start().await;
    let export = leavers::export(&app, "People", 0..4, &json!({})).await;
    let run = app.successful(&export).await;
    let asked = good(app.verify(&run, &json!({"level": "full"})).await).await;
    app.verified(&run).await;
    let id = text(&asked, "verificationId");
    let path = format!("/runs/{run}/verifications/{id}/differences");
    let denied = app.request("Contributor", Method::GET, &path).send().await.unwrap();
    refused(denied, 403).await;
    good(app.request("Admin", Method::GET, &path).send().await.unwrap()).await;
}
