//! People who left the list, through this service or by their own wish, and come back: by which way decides what may
//! happen to them next.

use reqwest::Method;
use serde_json::{Value, json};

use crate::leavers::{calls_of, csv, export, no_brake, person, run, state, unsubscribes};
use crate::origins::{deleted, put_on_list};
use crate::support::{TestApp, good, text, until};

fn deletes(resubscribe: &str) -> Value {
    json!({"leavers": {"action": "delete"}, "brake": no_brake(), "resubscribe": resubscribe})
}

/// What an export knows of a person.
pub async fn known(app: &TestApp, export: &str, person: usize) -> String {
    let found = app.get(&format!("/exports/{export}/members?limit=200")).await;
    let members = found["items"].as_array().unwrap();
    let address = format!("person{person}@example.com");
    let member = members.iter().find(|member| member["email"] == address);
    text(member.unwrap_or_else(|| panic!("{found}")), "state")
}

fn count(run: &Value, name: &str) -> i64 {
    run["counts"][name].as_i64().unwrap()
}

async fn change(app: &TestApp, export: &str, sync: &Value) {
    let change = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    good(change.json(&json!({"sync": sync})).send().await.unwrap()).await;
}

/// Deletes person 0, who was put on the list by an export of three people, and returns the export.
async fn deleted_person(app: &TestApp, resubscribe: &str) -> String {
    let export = export(app, "People", 0..3, &deletes("never")).await;
    run(app, &export).await;
    app.segment("People", &csv(1..3)).await;
    assert_eq!(deleted(app, &export).await, 1);
    change(app, &export, &deletes(resubscribe)).await;
    export
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_whom_we_deleted_and_who_joins_again_by_a_form_is_nobody_of_ours() {
    for resubscribe in ["never", "ourRemovals", "always"] {
        let app = TestApp::start().await;
        let export = deleted_person(&app, resubscribe).await;
        put_on_list(&app, 0, "Active").await;
        app.segment("People", &csv(0..3)).await;
        let back = run(&app, &export).await;
        assert_eq!((count(&back, "rejected"), count(&back, "resubscribed")), (0, 0), "{back}");
        app.segment("People", &csv(2..3)).await;
        assert_eq!(deleted(&app, &export).await, 1, "{resubscribe}");
        let states = (state(&app, 0).await, state(&app, 1).await);
        assert_eq!(states, ("Active".into(), "Deleted".into()), "{resubscribe}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_whom_we_brought_back_is_ours_as_before() {
    for resubscribe in ["ourRemovals", "always"] {
        let app = TestApp::start().await;
        let export = deleted_person(&app, resubscribe).await;
        app.segment("People", &csv(0..3)).await;
        let back = run(&app, &export).await;
        assert_eq!((count(&back, "created"), count(&back, "resubscribed")), (0, 1), "{back}");
        app.segment("People", &csv(1..3)).await;
        assert_eq!(deleted(&app, &export).await, 1, "{resubscribe}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_unsubscribes_just_before_the_call_that_deletes_them_stays_away() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..3, &deletes("ourRemovals")).await;
    run(&app, &export).await;
    let slow = json!([{"match": {"path": "subscribers/", "method": "GET"}, "kind": {"latency": {"ms": 1500}}}]);
    app.faults(&slow).await;
    let read = "GET /lists/{id}/unsubscribed";
    let before = calls_of(&app, read).await;
    app.segment("People", &csv(2..3)).await;
    let second = app.start_run(&export).await;
    // One read counts the list, and the other one finds who is off it.
    until(async || calls_of(&app, read).await == before + 2).await;
    unsubscribes(&app, 0).await;
    let second = app.ended(&second).await;
    app.faults(&json!([])).await;
    let leavers = &second["counts"]["leavers"];
    assert_eq!((&leavers["deleted"], &leavers["gone"]), (&json!(1), &json!(1)), "{second}");
    let states = (known(&app, &export, 0).await, known(&app, &export, 1).await);
    assert_eq!(states, ("unsubscribed".into(), "deletedByUs".into()));
    app.segment("People", &csv(0..3)).await;
    let back = run(&app, &export).await;
    assert_eq!((count(&back, "resubscribed"), count(&back, "rejected")), (1, 1), "{back}");
    assert_eq!(state(&app, 0).await, "Unsubscribed");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_off_the_list_already_is_kept_in_mind_as_what_they_are() {
    let app = TestApp::start().await;
    let flag = json!({"action": "flag", "key": "tier", "in": "Gold", "out": "Bronze"});
    for (name, leavers) in [("Deletes", json!({"action": "delete"})), ("Flags", flag)] {
        app.order(Method::DELETE, &subscribers(), &Value::Null).await;
        let sync = json!({"leavers": leavers, "brake": no_brake()});
        let export = export(&app, name, 0..4, &sync).await;
        run(&app, &export).await;
        for (person, state) in [(0, "Unsubscribed"), (1, "Bounced"), (2, "Deleted")] {
            put_on_list(&app, person, state).await;
        }
        app.segment(name, &csv(3..4)).await;
        let second = run(&app, &export).await;
        assert_eq!(second["counts"]["leavers"]["gone"], 3, "{second}");
        for (person, state) in [(0, "unsubscribed"), (1, "bounced"), (2, "deleted")] {
            assert_eq!(known(&app, &export, person).await, state, "{name}");
        }
        good(
            app.request("Admin", Method::DELETE, &format!("/exports/{export}"))
                .send()
                .await
                .unwrap(),
        )
        .await;
    }
}

fn subscribers() -> String {
    format!("lists/{}/subscribers", segment_export::sandbox::LIST_ID)
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_moves_to_another_export_comes_back_where_our_removals_do() {
    for (resubscribe, expected) in [("ourRemovals", "Active"), ("never", "Deleted")] {
        let app = TestApp::start().await;
        let from = export(&app, "From", 0..3, &deletes("never")).await;
        let to = export(&app, "To", 3..5, &deletes(resubscribe)).await;
        run(&app, &from).await;
        run(&app, &to).await;
        app.segment("From", &csv(1..3)).await;
        app.segment("To", &(csv(3..7) + "0,person0@example.com,Riga\n")).await;
        assert_eq!(deleted(&app, &from).await, 1);

        let moved = run(&app, &to).await;

        let back = i64::from(expected == "Active");
        let counts = ["created", "resubscribed", "rejected"].map(|name| count(&moved, name));
        assert_eq!(counts, [2, back, 1 - back], "{moved}");
        assert_eq!(state(&app, 0).await, expected);
        app.segment("To", &csv(3..5)).await;
        let left = deleted(&app, &to).await;
        assert_eq!(left, 2 + back, "whom we brought back is ours, and so are those beside them");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_unsubscribed_after_we_deleted_them_does_not_come_back_through_another_export() {
    let app = TestApp::start().await;
    let from = export(&app, "From", 0..3, &deletes("never")).await;
    let to = export(&app, "To", 3..5, &deletes("ourRemovals")).await;
    run(&app, &from).await;
    app.segment("From", &csv(1..3)).await;
    run(&app, &from).await;
    put_on_list(&app, 0, "Unsubscribed").await;
    app.segment("To", &csv(0..1)).await;
    let moved = run(&app, &to).await;
    assert_eq!((count(&moved, "resubscribed"), count(&moved, "rejected")), (0, 1), "{moved}");
    assert_eq!(state(&app, 0).await, "Unsubscribed");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_one_export_deleted_and_who_came_back_by_a_form_no_other_export_deletes() {
    let app = TestApp::start().await;
    let from = export(&app, "From", 0..3, &deletes("never")).await;
    let to = export(&app, "To", 3..5, &deletes("never")).await;
    run(&app, &from).await;
    run(&app, &to).await;
    app.segment("From", &csv(1..3)).await;
    assert_eq!(deleted(&app, &from).await, 1);
    put_on_list(&app, 0, "Active").await;
    app.segment("To", &(csv(3..5) + "0,person0@example.com,Riga\n")).await;
    run(&app, &to).await;
    app.segment("To", &csv(3..5)).await;
    assert_eq!(deleted(&app, &to).await, 0);
    assert_eq!(state(&app, 0).await, "Active");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_are_known_to_be_off_the_list_count_when_everybody_comes_back() {
    let app = TestApp::start().await;
    put_on_list(&app, 0, "Deleted").await;
    let export = export(&app, "People", 0..2, &json!({"send": "changes"})).await;
    assert_eq!(count(&run(&app, &export).await, "rejected"), 1);
    app.segment("People", &csv(0..3)).await;
    change(&app, &export, &json!({"send": "all", "resubscribe": "always"})).await;
    let back = run(&app, &export).await;
    let counts = ["created", "updated", "resubscribed"].map(|name| count(&back, name));
    assert_eq!(counts, [1, 2, 1], "{back}");
    assert_eq!(state(&app, 0).await, "Active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_resumed_knows_who_put_its_members_on_the_list() {
    let mut app = TestApp::start_with(&["--uploads-in-flight", "1"]).await;
    let export = export(&app, "People", 0..4000, &deletes("never")).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 300}}}])).await;
    let first = app.start_run(&export).await;
    app.run_when(&first, |run| count(run, "created") >= 1000).await;
    app.stop_service().await;
    app.start_service().await;
    app.faults(&json!([])).await;
    let ended = app.ended(&first).await;
    assert_eq!(count(&ended, "created"), 4000, "{ended}");
    app.segment("People", &csv(1..4000)).await;
    assert_eq!(deleted(&app, &export).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_left_the_segments_and_stay_on_the_list_are_no_strangers_to_it() {
    let app = TestApp::start().await;
    let export = export(&app, "People", 0..4, &json!({})).await;
    run(&app, &export).await;
    app.segment("People", &csv(2..4)).await;
    let second = text(&run(&app, &export).await, "runId");
    put_on_list(&app, 9, "Active").await;
    for level in ["full", "sample"] {
        let path = format!("/runs/{second}/verifications");
        let asked = text(&app.post(&path, &json!({"level": level})).await, "verificationId");
        let newest = async || app.get(&path).await["items"][0].clone();
        until(async || newest().await["endUtc"].is_string()).await;
        let found = newest().await;
        assert_eq!(found["verificationId"], asked, "{found}");
        assert_eq!((&found["confirmed"], &found["strangers"]), (&json!(2), &json!(1)), "{found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_changes_sends_whom_the_list_refused_once_they_are_active_there() {
    let app = TestApp::start().await;
    put_on_list(&app, 0, "Unsubscribed").await;
    let export = export(&app, "People", 0..3, &json!({"send": "changes"})).await;
    let counts = async || {
        let run = run(&app, &export).await;
        ["created", "updated", "rejected", "unchanged"].map(|name| count(&run, name))
    };
    assert_eq!(counts().await, [2, 0, 1, 0]);
    assert_eq!(counts().await, [0, 0, 0, 3], "still refused");
    put_on_list(&app, 0, "Active").await;
    assert_eq!(counts().await, [0, 1, 0, 2]);
    assert_eq!(person(&app, 0).await["fields"]["[city]"], json!(["Riga"]));
    assert_eq!(counts().await, [0, 0, 0, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_by_a_call_without_an_answer_was_there_before() {
    let app = TestApp::start().await;
    put_on_list(&app, 0, "Deleted").await;
    let export = export(&app, "People", 0..1, &deletes("never")).await;
    assert_eq!(count(&run(&app, &export).await, "rejected"), 1);
    change(&app, &export, &deletes("always")).await;
    let nothing_left = format!("{}?email=person0@example.com", subscribers());
    app.order(Method::DELETE, &nothing_left, &Value::Null).await;
    let lost = json!([{"match": {"path": "import"}, "times": 1, "kind": "dropAfter"}]);
    app.faults(&lost).await;
    let back = run(&app, &export).await;
    assert_eq!(back["status"], "successful", "{back}");
    let counts = ["created", "updated", "resubscribed"].map(|name| count(&back, name));
    assert_eq!(counts, [0, 1, 1], "{back}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_whom_campaign_monitor_does_not_want_to_show_fails_no_run() {
    let app = TestApp::start().await;
    let export = deleted_person(&app, "ourRemovals").await;
    let odd = json!({"status": 400, "code": 1, "message": "Invalid Email Address"});
    let odd =
        json!([{"match": {"path": "subscribers/", "method": "GET"}, "kind": {"status": odd}}]);
    app.faults(&odd).await;
    app.segment("People", &csv(0..3)).await;
    let back = run(&app, &export).await;
    let counts = ["updated", "rejected", "resubscribed"].map(|name| count(&back, name));
    assert_eq!(counts, [2, 1, 0], "{back}");
    assert_eq!(state(&app, 0).await, "Deleted");
}
