//! People whose address changed in the segment keep their one subscriber, and a no counts at every address.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::leavers::{no_brake, run};
use crate::support::{TestApp, good, text, until};

/// A segment of these people, by id and address.
pub fn csv(people: &[(&str, &str)]) -> String {
    let row = |(id, name): &(&str, &str)| format!("{id},{name}@example.com,Riga\n");
    people.iter().map(row).fold("CustomerId,Email,City\n".to_owned(), |csv, row| csv + &row)
}

pub fn deletes() -> Value {
    json!({"send": "changes", "leavers": {"action": "delete"}, "brake": no_brake()})
}

pub async fn named_export(
    app: &TestApp,
    segment: &str,
    people: &[(&str, &str)],
    sync: &Value,
) -> String {
    app.segment(segment, &csv(people)).await;
    let new = json!({"displayName": format!("{segment} to newsletter"), "connectionId": app.connection().await,
        "listId": LIST_ID, "segments": [segment], "sync": sync,
        "mapping": {"email": "Email", "customFields": [{"field": "City", "key": "city"}]}});
    text(&app.post("/exports", &new).await, "exportId")
}

/// An export that has sent Ann, Bob and Cid.
pub async fn export(app: &TestApp, sync: &Value) -> String {
    let export =
        named_export(app, "People", &[("1", "ann"), ("2", "bob"), ("3", "cid")], sync).await;
    assert_eq!(run(app, &export).await["counts"]["created"], 3);
    export
}

pub async fn run_with(app: &TestApp, export: &str, people: &[(&str, &str)]) -> Value {
    app.segment("People", &csv(people)).await;
    run(app, export).await
}

/// Created, updated, changed addresses, rejected, deleted.
pub fn counts(run: &Value) -> [i64; 5] {
    let counts = &run["counts"];
    let of = |name: &str| counts[name].as_i64().unwrap();
    let [created, updated, changed] = ["created", "updated", "changedAddresses"].map(of);
    [created, updated, changed, of("rejected"), counts["leavers"]["deleted"].as_i64().unwrap()]
}

/// What the list has of an address; null when it has nobody.
pub async fn on_list(app: &TestApp, name: &str) -> Value {
    app.sandbox_says(&format!("lists/{LIST_ID}/subscribers?email={name}@example.com")).await
}

pub async fn state(app: &TestApp, name: &str) -> Value {
    on_list(app, name).await["state"].clone()
}

/// Somebody says why a person may be sent again.
pub async fn readmit(app: &TestApp, export: &str, name: &str) {
    let body = json!({"email": format!("{name}@example.com"), "reason": "A letter of 2 May."});
    app.put(&format!("/exports/{export}/readmissions"), &body).await;
}

pub async fn put_on_list(app: &TestApp, name: &str, state: &str) {
    let people = json!([{"email": format!("{name}@example.com"), "state": state}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &people).await;
}

/// State and origin of an address, as the export last knew it.
pub async fn known(app: &TestApp, export: &str, name: &str) -> (String, String) {
    let csv = app.request("Contributor", Method::GET, &format!("/exports/{export}/members"));
    let csv = csv.header("Accept", "text/csv").send().await.unwrap().text().await.unwrap();
    let member = csv.lines().find(|line| line.starts_with(&format!("{name}@"))).unwrap();
    let fields: Vec<_> = member.split(',').collect();
    pair(fields[2], fields[3])
}

pub fn pair(state: &str, origin: &str) -> (String, String) {
    (state.to_owned(), origin.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_with_another_address_stays_the_same_subscriber() {
    for leavers in [json!({"action": "keep"}), json!({"action": "delete"})] {
        let app = TestApp::start().await;
        let sync = json!({"send": "changes", "leavers": leavers, "brake": no_brake()});
        let export = export(&app, &sync).await;
        let joined = on_list(&app, "ann").await["joined"].clone();

        let people = [("1", "anna"), ("2", "bob"), ("3", "cid")];
        app.segment("People", &csv(&people)).await;
        let preview = app.post(&format!("/exports/{export}/preview"), &json!({})).await;
        let second = run(&app, &export).await;

        assert_eq!(counts(&second), [0, 1, 1, 0, 0], "{second}");
        let plan = &preview["plan"];
        let planned =
            ["new", "changed", "changedAddresses", "leavers"].map(|name| plan[name].as_i64());
        assert_eq!(planned, [0, 0, 1, 0].map(Some), "{preview}");
        assert_eq!((&preview["new"], &preview["changed"]), (&json!(0), &json!(1)), "{preview}");
        let anna = on_list(&app, "anna").await;
        assert_eq!((&anna["state"], &anna["joined"]), (&json!("Active"), &joined));
        assert_eq!((on_list(&app, "ann").await, app.active().await), (Value::Null, 3));
        assert_eq!(known(&app, &export, "anna").await, pair("onList", "ours"));
        assert_eq!(known(&app, &export, "ann").await, pair("moved", "ours"));
        let third = run(&app, &export).await;
        assert_eq!((counts(&third), &third["counts"]["unchanged"]), ([0; 5], &json!(3)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_may_change_every_day_and_come_back() {
    let app = TestApp::start().await;
    let export = export(&app, &deletes()).await;
    for name in ["anna", "anne", "ann"] {
        let next = run_with(&app, &export, &[("1", name), ("2", "bob"), ("3", "cid")]).await;
        assert_eq!(counts(&next), [0, 1, 1, 0, 0], "{name}: {next}");
        assert_eq!((state(&app, name).await, app.active().await), (json!("Active"), 3));
    }
    let left = run_with(&app, &export, &[("2", "bob"), ("3", "cid")]).await;
    assert_eq!((counts(&left), state(&app, "ann").await), ([0, 0, 0, 0, 1], json!("Deleted")));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_who_swap_their_addresses_are_two_changed_records() {
    let app = TestApp::start().await;
    let export = export(&app, &deletes()).await;
    let second = run_with(&app, &export, &[("2", "ann"), ("1", "bob"), ("3", "cid")]).await;
    assert_eq!((counts(&second), app.active().await), ([0, 2, 0, 0, 0], 3), "{second}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_several_people_proves_nothing() {
    let app = TestApp::start().await;
    let export = export(&app, &deletes()).await;
    app.segment("More", &csv(&[("1", "anne")])).await;
    let patch = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    let both = patch.json(&json!({"segments": ["People", "More"]}));
    good(both.send().await.unwrap()).await;
    let second = run_with(&app, &export, &[("1", "anna"), ("2", "bob"), ("3", "cid")]).await;
    assert_eq!(counts(&second), [2, 0, 0, 0, 1], "two rows have the id of Ann: {second}");
    assert_eq!(state(&app, "ann").await, "Deleted");
    app.segment("More", &csv(&[("1", "annika")])).await;
    let third = run_with(&app, &export, &[("1", "annika"), ("2", "bob"), ("3", "cid")]).await;
    assert_eq!(counts(&third), [1, 0, 0, 0, 2], "two members had it: {third}");
    app.segment("More", &csv(&[("1", "annie")])).await;
    let fourth = run_with(&app, &export, &[("1", "annie"), ("2", "bob"), ("3", "cid")]).await;
    assert_eq!(counts(&fourth), [0, 1, 1, 0, 0], "two rows of one address are one: {fourth}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_unsubscribed_gets_no_mail_at_another_address() {
    let app = TestApp::start().await;
    let export = export(&app, &deletes()).await;
    put_on_list(&app, "ann", "Unsubscribed").await;
    let mut people = [("1", "anna"), ("2", "bob"), ("3", "cid")];

    let second = run_with(&app, &export, &people).await;

    assert_eq!(counts(&second), [0, 0, 0, 1, 0], "{second}");
    let rejections = app.get(&format!("/runs/{}/rejections", text(&second, "runId"))).await;
    let first = &rejections["items"][0];
    assert_eq!((&first["code"], &first["outcome"]), (&json!("refusedBefore"), &json!("rejected")));
    assert_eq!(known(&app, &export, "anna").await.0, "heldBack");
    assert_eq!(known(&app, &export, "ann").await.0, "unsubscribed");
    let csv = csv(&people).replace("anna@example.com,Riga", "anna@example.com,Oslo");
    app.segment("People", &csv).await;
    let changed = run(&app, &export).await;
    assert_eq!(counts(&changed), [0, 0, 0, 1, 0], "also with another record: {changed}");
    let full = app.post(&format!("/exports/{export}/runs"), &json!({"full": true})).await;
    let full = app.ended(&text(&full, "runId")).await;
    assert_eq!(counts(&full), [0, 2, 0, 1, 0], "also when everybody is sent: {full}");
    people[0].1 = "annika";
    let third = run_with(&app, &export, &people).await;
    assert_eq!(counts(&third), [0, 0, 0, 1, 0], "also at a third one: {third}");
    assert_eq!(
        (on_list(&app, "anna").await, on_list(&app, "annika").await),
        (Value::Null, Value::Null)
    );

    let always = json!({"sync": {"send": "changes", "resubscribe": "always"}});
    let patch = app.request("Admin", Method::PATCH, &format!("/exports/{export}")).json(&always);
    good(patch.send().await.unwrap()).await;
    let away = run(&app, &export).await;
    assert_eq!((counts(&away)[3], on_list(&app, "annika").await), (1, Value::Null), "{away}");
    readmit(&app, &export, "annika").await;
    let back = run(&app, &export).await;
    assert_eq!(
        (&back["counts"]["created"], state(&app, "annika").await),
        (&json!(1), json!("Active"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_counts_also_when_it_is_unknown_what_was_sent() {
    let mut app = TestApp::start().await;
    put_on_list(&app, "ann", "Unsubscribed").await;
    let export = named_export(&app, "People", &[("1", "ann"), ("2", "bob")], &deletes()).await;
    assert_eq!(counts(&run(&app, &export).await), [1, 0, 0, 1, 0]);
    app.stop_service().await;
    app.start_process().await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 5000}}}])).await;
    app.segment("People", &csv(&[("1", "anna"), ("2", "bob"), ("3", "cid")])).await;
    let second = app.start_run(&export).await;
    until(async || app.sandbox_says("calls").await["importsNow"] == 1).await;
    app.post(&format!("/runs/{second}/cancel"), &json!({})).await;
    app.kill_process().await;
    app.faults(&json!([])).await;
    app.start_service().await;
    let canceled = app.ended(&second).await;
    assert_eq!(canceled["counts"]["inDoubt"], 2, "{canceled}");

    let third = run(&app, &export).await;

    assert_eq!(
        (&third["counts"]["rejected"], on_list(&app, "anna").await),
        (&json!(1), Value::Null),
        "{third}"
    );
    assert_eq!(known(&app, &export, "anna").await.0, "heldBack");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_another_export_holds_keeps_the_address_there() {
    let app = TestApp::start().await;
    let export = export(&app, &deletes()).await;
    let other = named_export(&app, "Others", &[("1", "ann")], &deletes()).await;
    run(&app, &other).await;
    let second = run_with(&app, &export, &[("1", "anna"), ("2", "bob"), ("3", "cid")]).await;
    assert_eq!(counts(&second), [1, 0, 0, 0, 0], "{second}");
    assert_eq!((state(&app, "ann").await, app.active().await), (json!("Active"), 4));
    app.segment("Others", &csv(&[("1", "anna")])).await;
    let let_go = run(&app, &other).await;
    assert_eq!(
        (&let_go["counts"]["leavers"]["deleted"], state(&app, "ann").await),
        (&json!(1), json!("Deleted"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_keep_their_address_and_their_no_counts_too() {
    let app = TestApp::start().await;
    for (name, state) in [("ann", "Active"), ("bob", "Active")] {
        put_on_list(&app, name, state).await;
    }
    let export = named_export(&app, "People", &[("1", "ann"), ("2", "bob")], &deletes()).await;
    run(&app, &export).await;
    put_on_list(&app, "bob", "Unsubscribed").await;
    let second = run_with(&app, &export, &[("1", "anna"), ("2", "bobby")]).await;
    assert_eq!(counts(&second), [1, 0, 0, 1, 0], "{second}");
    assert_eq!(
        (state(&app, "ann").await, state(&app, "anna").await),
        (json!("Active"), json!("Active"))
    );
    assert_eq!(on_list(&app, "bobby").await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_the_list_has_already_stays_a_subscriber_of_its_own() {
    let app = TestApp::start().await;
    let export = export(&app, &deletes()).await;
    put_on_list(&app, "anna", "Active").await;
    let people = [("1", "anna"), ("2", "bob"), ("3", "cid")];
    let second = run_with(&app, &export, &people).await;
    assert_eq!(counts(&second), [0, 1, 0, 0, 0], "{second}");
    assert_eq!((state(&app, "ann").await, app.active().await), (json!("Active"), 4));
    assert_eq!(known(&app, &export, "anna").await, pair("onList", "stranger"));
    let third = run(&app, &export).await;
    assert_eq!((counts(&third), state(&app, "ann").await), ([0, 0, 0, 0, 1], json!("Deleted")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bounced_address_is_replaced_by_a_new_subscriber() {
    let app = TestApp::start().await;
    let export = export(&app, &deletes()).await;
    put_on_list(&app, "ann", "Bounced").await;
    let second = run_with(&app, &export, &[("1", "anna"), ("2", "bob"), ("3", "cid")]).await;
    assert_eq!(counts(&second), [1, 0, 0, 0, 0], "{second}");
    assert_eq!(
        (state(&app, "anna").await, state(&app, "ann").await),
        (json!("Active"), json!("Bounced"))
    );
    assert_eq!(known(&app, &export, "anna").await, pair("onList", "ours"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_without_an_answer_is_made_once() {
    let app = TestApp::start_with(&["--retry-pause-ms", "10"]).await;
    let export = export(&app, &deletes()).await;
    let lost = json!([{"match": {"method": "PUT"}, "kind": "dropAfter", "times": 1}]);
    app.faults(&lost).await;
    let second = run_with(&app, &export, &[("1", "anna"), ("2", "bob"), ("3", "cid")]).await;
    assert_eq!(counts(&second), [0, 1, 1, 0, 0], "{second}");
    assert_eq!(known(&app, &export, "anna").await, pair("onList", "ours"));
    assert_eq!(app.active().await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_the_change_and_its_record_changes_nobody_twice() {
    let mut app = TestApp::start_with(&["--lease-ms", "1000"]).await;
    let export = export(&app, &deletes()).await;
    app.stop_service().await;
    app.start_process().await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 5000}}}])).await;
    app.segment("People", &csv(&[("1", "anna"), ("2", "bob"), ("3", "cid"), ("4", "dan")])).await;
    let second = app.start_run(&export).await;
    until(async || state(&app, "anna").await == "Active").await;
    app.kill_process().await;
    app.faults(&json!([])).await;
    app.start_service().await;
    let ended = app.ended(&second).await;
    assert_eq!(ended["status"], "successful", "{ended}");
    assert_eq!(&counts(&ended)[2..], [1, 0, 0], "{ended}");
    assert_eq!(known(&app, &export, "anna").await, pair("onList", "unknown"));
    assert_eq!(known(&app, &export, "ann").await, pair("moved", "ours"));
    assert_eq!((counts(&run(&app, &export).await), app.active().await), ([0; 5], 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_before_a_restart_is_recalled() {
    let mut app = TestApp::start_with(&["--uploads-in-flight", "1"]).await;
    let many = |first: &str, people: usize| {
        let row =
            |id: usize| format!("{id},{}{id}@example.com,Riga\n", if id < 2 { first } else { "p" });
        (0..people).map(row).fold("CustomerId,Email,City\n".to_owned(), |csv, row| csv + &row)
    };
    app.segment("People", &many("p", 3000)).await;
    let sync = json!({"leavers": {"action": "delete"}, "brake": no_brake()});
    let export = named_export(&app, "Nobody", &[("x", "nobody")], &sync).await;
    let patch = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    good(patch.json(&json!({"segments": ["People"]})).send().await.unwrap()).await;
    run(&app, &export).await;
    put_on_list(&app, "p1", "Bounced").await;
    app.segment("People", &many("q", 3000)).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 300}}}])).await;
    let second = app.start_run(&export).await;
    app.run_when(&second, |run| run["counts"]["changedAddresses"] == 1).await;
    app.stop_service().await;
    app.start_service().await;
    let ended = app.ended(&second).await;
    assert_eq!(counts(&ended), [1, 2999, 1, 0, 0], "{ended}");
    assert!(ended["attempt"].as_i64() > Some(1), "{ended}");
    assert_eq!(
        (known(&app, &export, "q0").await, known(&app, &export, "p0").await),
        (pair("onList", "ours"), pair("moved", "ours"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_changed_addresses_wait_for_a_person_before_anything_is_sent() {
    let app = TestApp::start().await;
    let sync = json!({"send": "changes", "brake": {"removals": {"count": 2, "percent": 100}}});
    let export = export(&app, &sync).await;
    app.segment("People", &csv(&[("1", "anna"), ("2", "bobby"), ("3", "cid")])).await;
    let second = app.start_run(&export).await;
    let held = app.run_when(&second, |run| run["status"] == "awaitingApproval").await;
    assert!(text(&held["reason"], "message").contains("another address"), "{held}");
    assert_eq!(
        (state(&app, "ann").await, on_list(&app, "anna").await),
        (json!("Active"), Value::Null)
    );
    let plan = app.get(&format!("/runs/{second}/plan")).await;
    assert_eq!((&plan["changedAddresses"], &plan["new"]), (&json!(2), &json!(0)), "{plan}");
    let url = format!(
        "{}/v1/instances/{}/runs/{second}/approve",
        app.url().trim_end_matches('/'),
        app.instance
    );
    let client = reqwest::Client::builder().build().unwrap();
    let approve =
        client.post(url).bearer_auth(app.token_named("ben@example.com", "ben@example.com"));
    good(approve.json(&json!({"planHash": plan["hash"]})).send().await.unwrap()).await;
    assert_eq!(counts(&app.ended(&second).await), [0, 2, 2, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_says_how_many_addresses_changed() {
    let app = TestApp::start().await;
    let export = export(&app, &deletes()).await;
    let second = run_with(&app, &export, &[("1", "anna"), ("2", "bob"), ("3", "cid")]).await;
    let receipt = app.get(&format!("/runs/{}/receipt", text(&second, "runId"))).await;
    assert_eq!(receipt["counts"]["changedAddresses"], 1, "{receipt}");
}
