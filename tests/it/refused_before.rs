//! Who said no gets no mail at another address, whatever else is unknown, damaged or without an answer.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::changed_addresses::{
    counts, csv, deletes, export, known, named_export, on_list, put_on_list, readmit, run_with,
    state,
};
use crate::changes::baseline_objects;
use crate::changes_doubt::in_database;
use crate::leavers::{no_brake, run};
use crate::support::{TestApp, good, refused, text, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_no_counts_also_when_what_the_last_run_sent_is_not_known() {
    for leavers in [json!({"action": "keep"}), json!({"action": "delete"})] {
        let app = TestApp::start().await;
        put_on_list(&app, "ann", "Unsubscribed").await;
        let sync = json!({"send": "changes", "leavers": leavers, "brake": no_brake()});
        let export = export_of_two(&app, &sync).await;
        in_database(&app, "UPDATE baselines SET run_id = export_id").await;
        let second = run_with(&app, &export, &[("1", "anna"), ("2", "bob")]).await;
        assert_eq!(second["fullBecause"], "baselineBehind", "{second}");
        assert_eq!(counts(&second), [0, 1, 0, 1, 0], "{second}");
        assert_eq!(on_list(&app, "anna").await, Value::Null);
        assert_eq!(known(&app, &export, "anna").await.0, "heldBack");
    }
}

async fn export_of_two(app: &TestApp, sync: &Value) -> String {
    let export = named_export(app, "People", &[("1", "ann"), ("2", "bob")], sync).await;
    assert_eq!(counts(&run(app, &export).await), [1, 0, 0, 1, 0]);
    export
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_counts_also_when_whom_another_export_holds_is_damaged() {
    let app = TestApp::start().await;
    put_on_list(&app, "ann", "Unsubscribed").await;
    let export = export_of_two(&app, &deletes()).await;
    let own = baseline_objects(&app);
    let other = named_export(&app, "Others", &[("9", "zoe")], &deletes()).await;
    run(&app, &other).await;
    for object in baseline_objects(&app).iter().filter(|object| !own.contains(object)) {
        std::fs::write(object, "damaged").unwrap();
    }
    let second = run_with(&app, &export, &[("1", "anna"), ("2", "bobby")]).await;
    assert_eq!(counts(&second), [1, 0, 0, 1, 0], "nobody's address changes: {second}");
    let warnings = second["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(|one| one["code"] == "nobodyRemoved"), "{second}");
    assert_eq!(
        (on_list(&app, "anna").await, state(&app, "bob").await),
        (Value::Null, json!("Active"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_read_also_when_the_new_address_was_sent_without_an_answer() {
    let mut app = TestApp::start().await;
    put_on_list(&app, "ann", "Active").await;
    let export = named_export(&app, "People", &[("1", "ann"), ("2", "bob")], &deletes()).await;
    run(&app, &export).await;
    app.stop_service().await;
    app.start_process().await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 5000}}}])).await;
    app.segment("People", &csv(&[("1", "anna"), ("2", "bob")])).await;
    let second = app.start_run(&export).await;
    until(async || app.sandbox_says("calls").await["importsNow"] == 1).await;
    app.post(&format!("/runs/{second}/cancel"), &json!({})).await;
    app.kill_process().await;
    app.faults(&json!([])).await;
    app.start_service().await;
    assert_eq!(app.ended(&second).await["counts"]["inDoubt"], 1);
    assert_eq!(known(&app, &export, "anna").await.0, "inDoubt");
    put_on_list(&app, "ann", "Unsubscribed").await;

    let third = run(&app, &export).await;

    assert_eq!(counts(&third), [0, 0, 0, 1, 0], "{third}");
    assert_eq!(known(&app, &export, "anna").await.0, "heldBack");
    assert_eq!(known(&app, &export, "ann").await.0, "unsubscribed");
}

/// An export to which Ann, who said no to another one, comes with another address, and what came of its first run.
async fn moved_with_another_address(app: &TestApp, sync: &Value) -> (String, Value) {
    put_on_list(app, "ann", "Unsubscribed").await;
    export_of_two(app, &deletes()).await;
    let other = named_export(app, "Others", &[("1", "anna"), ("9", "zoe")], sync).await;
    let first = run(app, &other).await;
    (other, first)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_to_one_export_counts_at_another_address_in_another_export_from_its_first_run_on() {
    for sync in [json!({"send": "changes"}), deletes()] {
        let app = TestApp::start().await;
        let (other, first) = moved_with_another_address(&app, &sync).await;
        assert_eq!(counts(&first), [1, 0, 0, 1, 0], "{first}");
        assert_eq!(on_list(&app, "anna").await, Value::Null);
        assert_eq!(known(&app, &other, "anna").await.0, "heldBack");
        let second = run(&app, &other).await;
        assert_eq!((counts(&second), &second["counts"]["unchanged"]), ([0; 5], &json!(2)));
        app.segment("Others", &csv(&[("1", "annie"), ("9", "zoe")])).await;
        assert_eq!(counts(&run(&app, &other).await)[3], 1);
        assert_eq!(on_list(&app, "annie").await, Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_no_at_the_same_address_the_list_tells_whether_it_still_holds() {
    for (state, expected) in [("Active", [0, 1, 0, 0, 0]), ("Unsubscribed", [0, 0, 0, 1, 0])] {
        let app = TestApp::start().await;
        put_on_list(&app, "ann", "Unsubscribed").await;
        export_of_two(&app, &deletes()).await;
        put_on_list(&app, "ann", state).await;
        let sync = json!({"send": "changes"});
        let other = named_export(&app, "Others", &[("1", "ann")], &sync).await;
        assert_eq!(counts(&run(&app, &other).await), expected);
        assert_ne!(known(&app, &other, "ann").await.0, "heldBack");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_as_a_test_who_is_held_back() {
    let app = TestApp::start().await;
    let (other, _) = moved_with_another_address(&app, &json!({"send": "changes"})).await;
    let test = app.request("Admin", Method::POST, &format!("/exports/{other}/test"));
    let answer = test.json(&json!({"customerId": "1"})).send().await.unwrap();
    let problem = refused(answer, 422).await;
    assert_eq!(problem["errors"][0]["code"], "refusedBefore", "{problem}");
    assert_eq!(on_list(&app, "anna").await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_as_a_test_who_said_no_since_the_last_run_of_any_export_to_the_list() {
    let app = TestApp::start().await;
    let first = named_export(&app, "People", &[("1", "ann"), ("2", "bob")], &deletes()).await;
    run(&app, &first).await;
    let other = named_export(&app, "Others", &[("1", "anna")], &json!({})).await;
    for (state, is_refused) in [("Unsubscribed", true), ("Deleted", true), ("Active", false)] {
        put_on_list(&app, "ann", state).await;
        let test = app.request("Admin", Method::POST, &format!("/exports/{other}/test"));
        let answer = test.json(&json!({"customerId": "1"})).send().await.unwrap();
        if is_refused {
            let problem = refused(answer, 422).await;
            assert_eq!(problem["errors"][0]["code"], "refusedBefore", "{state}: {problem}");
            assert_eq!(on_list(&app, "anna").await, Value::Null);
        } else {
            assert_eq!(good(answer).await["answer"]["outcome"], "created", "{state}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_as_a_test_whose_no_is_known_only_here_or_may_be_in_what_is_damaged() {
    let app = TestApp::start().await;
    put_on_list(&app, "ann", "Unsubscribed").await;
    let export = export_of_two(&app, &deletes()).await;
    app.order(Method::DELETE, &format!("lists/{LIST_ID}/subscribers"), &json!(null)).await;
    let test = async |status| {
        let test = app.request("Admin", Method::POST, &format!("/exports/{export}/test"));
        refused(test.json(&json!({"customerId": "1"})).send().await.unwrap(), status).await
    };
    assert_eq!(test(422).await["errors"][0]["code"], "refusedBefore");
    for object in baseline_objects(&app) {
        std::fs::write(object, "damaged").unwrap();
    }
    let problem = test(422).await;
    assert!(text(&problem, "detail").contains("unknown who said no"), "{problem}");
    assert_eq!(on_list(&app, "ann").await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_read_also_where_the_old_address_is_still_in_another_segment() {
    let app = TestApp::start().await;
    let export = export(&app, &json!({"send": "changes"})).await;
    put_on_list(&app, "ann", "Unsubscribed").await;
    app.segment("More", &csv(&[("1", "anna")])).await;
    let patch = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    let both = patch.json(&json!({"segments": ["People", "More"]}));
    good(both.send().await.unwrap()).await;
    assert_eq!(counts(&run(&app, &export).await), [0, 0, 0, 1, 0]);
    assert_eq!(on_list(&app, "anna").await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_counts_for_the_address_of_somebody_who_was_flagged_as_gone() {
    let app = TestApp::start().await;
    let flag = json!({"action": "flag", "key": "tier", "in": "Gold", "out": "Bronze"});
    let sync = json!({"send": "changes", "leavers": flag, "brake": no_brake()});
    let export = named_export(&app, "People", &[("1", "ann"), ("2", "bob")], &sync).await;
    app.segment("More", &csv(&[("1", "anne")])).await;
    let patch = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    let both = patch.json(&json!({"segments": ["People", "More"]}));
    good(both.send().await.unwrap()).await;
    run(&app, &export).await;
    run_with(&app, &export, &[("2", "bob")]).await;
    put_on_list(&app, "anne", "Unsubscribed").await;
    let full = app.post(&format!("/exports/{export}/runs"), &json!({"full": true})).await;
    app.ended(&text(&full, "runId")).await;
    app.segment("More", &csv(&[("1", "anna")])).await;
    run(&app, &export).await;
    assert_eq!(on_list(&app, "anna").await, Value::Null);
    assert_eq!(state(&app, "ann").await, json!("Active"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_another_export_deleted_has_not_said_no_at_a_new_address() {
    let app = TestApp::start().await;
    let one = named_export(&app, "One", &[("1", "ann"), ("2", "bob")], &deletes()).await;
    let other = named_export(&app, "Other", &[("1", "ann"), ("3", "cid")], &deletes()).await;
    run(&app, &one).await;
    run(&app, &other).await;
    app.segment("One", &csv(&[("2", "bob")])).await;
    run(&app, &one).await;
    app.segment("Other", &csv(&[("3", "cid")])).await;
    run(&app, &other).await;
    assert_eq!(state(&app, "ann").await, json!("Deleted"));
    app.segment("One", &csv(&[("1", "anna"), ("2", "bob")])).await;
    run(&app, &one).await;
    assert_eq!(state(&app, "anna").await, json!("Active"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_people_come_back_a_no_at_the_old_address_holds_until_the_new_one_is_readmitted() {
    let app = TestApp::start().await;
    let sync = json!({"send": "changes", "resubscribe": "always"});
    let export = export(&app, &sync).await;
    put_on_list(&app, "ann", "Unsubscribed").await;
    let mut people = [("1", "anna"), ("2", "bob"), ("3", "cid")];
    let met = run_with(&app, &export, &people).await;
    assert_eq!(counts(&met), [0, 0, 0, 1, 0], "it is met at the list: {met}");
    people[0].1 = "annika";
    let known_before = run_with(&app, &export, &people).await;
    assert_eq!(counts(&known_before), [0, 0, 0, 1, 0], "it is known: {known_before}");
    assert_eq!(known(&app, &export, "annika").await.0, "heldBack");
    let full = app.post(&format!("/exports/{export}/runs"), &json!({"full": true})).await;
    assert_eq!(counts(&app.ended(&text(&full, "runId")).await), [0, 2, 0, 1, 0]);
    assert_eq!(
        (on_list(&app, "anna").await, on_list(&app, "annika").await),
        (Value::Null, Value::Null)
    );

    readmit(&app, &export, "annika").await;

    let back = run(&app, &export).await;
    assert_eq!(counts(&back), [1, 0, 0, 0, 0], "{back}");
    assert_eq!(state(&app, "annika").await, json!("Active"));
    assert_eq!(counts(&run(&app, &export).await), [0; 5], "and stays as it is");
    people[0].1 = "annie";
    assert_eq!(counts(&run_with(&app, &export, &people).await), [0, 0, 0, 1, 0]);
    assert_eq!(on_list(&app, "annie").await, Value::Null, "a readmission is of one address");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_people_come_back_a_no_to_another_export_holds_until_the_new_address_is_readmitted() {
    let app = TestApp::start().await;
    put_on_list(&app, "ann", "Unsubscribed").await;
    export_of_two(&app, &deletes()).await;
    let other = named_export(&app, "Others", &[("1", "anna")], &json!({"send": "changes"})).await;
    let patch = app.request("Admin", Method::PATCH, &format!("/exports/{other}"));
    let options = patch.json(&json!({"options": {"resubscribe": true}}));
    good(options.send().await.unwrap()).await;
    let preview = app.post(&format!("/exports/{other}/preview"), &json!({})).await;
    assert_eq!(preview["plan"]["new"], 0, "{preview}");
    assert_eq!(counts(&run(&app, &other).await), [0, 0, 0, 1, 0]);
    assert_eq!(on_list(&app, "anna").await, Value::Null);
    readmit(&app, &other, "anna").await;
    assert_eq!(counts(&run(&app, &other).await), [1, 0, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_people_come_back_who_was_deleted_at_the_old_address_is_sent_at_the_new_one() {
    let app = TestApp::start().await;
    put_on_list(&app, "ann", "Deleted").await;
    let sync = json!({"send": "changes"});
    let export = export_of_two(&app, &sync).await;
    let always = json!({"sync": {"send": "changes", "resubscribe": "always"}});
    let patch = app.request("Admin", Method::PATCH, &format!("/exports/{export}")).json(&always);
    good(patch.send().await.unwrap()).await;
    let second = run_with(&app, &export, &[("1", "anna"), ("2", "bob")]).await;
    assert_eq!(counts(&second)[3], 0, "{second}");
    assert_eq!(state(&app, "anna").await, json!("Active"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_another_instance_is_another_person() {
    let app = TestApp::start().await;
    let elsewhere = "UPDATE baselines SET instance_id = export_id";
    put_on_list(&app, "ann", "Unsubscribed").await;
    export_of_two(&app, &deletes()).await;
    in_database(&app, elsewhere).await;
    let sync = json!({"send": "changes"});
    let other = named_export(&app, "Others", &[("1", "anna")], &sync).await;
    assert_eq!(counts(&run(&app, &other).await), [1, 0, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_of_one_of_two_members_with_an_id_is_read() {
    let app = TestApp::start().await;
    let export = export(&app, &deletes()).await;
    app.segment("More", &csv(&[("1", "anne")])).await;
    let patch = app.request("Admin", Method::PATCH, &format!("/exports/{export}"));
    let both = patch.json(&json!({"segments": ["People", "More"]}));
    good(both.send().await.unwrap()).await;
    assert_eq!(counts(&run(&app, &export).await), [1, 0, 0, 0, 0]);
    put_on_list(&app, "ann", "Unsubscribed").await;
    app.segment("More", &csv(&[("2", "bob")])).await;
    let second = run_with(&app, &export, &[("1", "anna"), ("2", "bob"), ("3", "cid")]).await;
    assert_eq!(counts(&second), [0, 0, 0, 1, 1], "anne leaves: {second}");
    assert_eq!(on_list(&app, "anna").await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_held_back_stays_so_when_the_export_sends_everybody() {
    let app = TestApp::start().await;
    let export = export(&app, &deletes()).await;
    put_on_list(&app, "ann", "Unsubscribed").await;
    let people = [("1", "anna"), ("2", "bob"), ("3", "cid")];
    assert_eq!(counts(&run_with(&app, &export, &people).await), [0, 0, 0, 1, 0]);
    let all = json!({"sync": {"send": "all", "leavers": {"action": "keep"}}});
    let patch = app.request("Admin", Method::PATCH, &format!("/exports/{export}")).json(&all);
    good(patch.send().await.unwrap()).await;
    for _ in 0..2 {
        let next = run(&app, &export).await;
        assert_eq!(counts(&next), [0, 2, 0, 1, 0], "{next}");
        assert_eq!(known(&app, &export, "anna").await.0, "heldBack");
    }
    assert_eq!(on_list(&app, "anna").await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_followed_when_too_many_have_another_address_and_a_no_still_counts() {
    let app = TestApp::start().await;
    let many = |name: &str| {
        let row = |id: usize| format!("{id},{name}{id}@example.com,Riga\n");
        (0..20_002).map(row).fold("CustomerId,Email,City\n".to_owned(), |csv, row| csv + &row)
    };
    put_on_list(&app, "p0", "Unsubscribed").await;
    let sync = json!({"send": "changes"});
    let export = named_export(&app, "People", &[("x", "nobody")], &sync).await;
    app.segment("People", &many("p")).await;
    assert_eq!(counts(&run(&app, &export).await), [20_001, 0, 0, 1, 0]);
    app.segment("People", &many("q")).await;
    let second = run(&app, &export).await;
    assert_eq!(counts(&second), [20_001, 0, 0, 1, 0], "{second}");
    assert_eq!(on_list(&app, "q0").await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn few_changed_addresses_do_not_wait_for_the_approval_of_removals() {
    let app = TestApp::start().await;
    let brake = json!({"removals": {"count": 3, "percent": 100}, "approver": "anyEditor"});
    let sync = json!({"send": "changes", "leavers": {"action": "delete"}, "brake": brake});
    let people = [("1", "ann"), ("2", "bob"), ("3", "cid"), ("4", "dan")];
    let export = named_export(&app, "People", &people, &sync).await;
    run(&app, &export).await;
    app.segment("People", &csv(&[("1", "anna"), ("2", "bob")])).await;
    let second = app.start_run(&export).await;
    app.run_when(&second, |run| run["status"] == "awaitingApproval").await;
    assert_eq!(
        (state(&app, "anna").await, on_list(&app, "ann").await),
        (json!("Active"), Value::Null)
    );
    assert_eq!(
        (state(&app, "cid").await, state(&app, "dan").await),
        (json!("Active"), json!("Active"))
    );
    let plan = app.get(&format!("/runs/{second}/plan")).await;
    app.post(&format!("/runs/{second}/approve"), &json!({"planHash": text(&plan, "hash")})).await;
    let ended = app.ended(&second).await;
    assert_eq!(counts(&ended), [0, 1, 1, 0, 2], "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_on_the_list_at_all_any_more_has_not_said_no() {
    let app = TestApp::start().await;
    let sync = json!({"send": "changes", "leavers": {"action": "delete"}, "brake": no_brake(),
        "resubscribe": "ourRemovals"});
    let export = export(&app, &sync).await;
    let ann = format!("lists/{LIST_ID}/subscribers?email=ann@example.com");
    app.order(Method::DELETE, &ann, &Value::Null).await;
    let second = run_with(&app, &export, &[("2", "bob"), ("3", "cid")]).await;
    assert_eq!(second["counts"]["leavers"]["gone"], 1, "{second}");
    assert_eq!(known(&app, &export, "ann").await.0, "moved");
    let third = run_with(&app, &export, &[("1", "anna"), ("2", "bob"), ("3", "cid")]).await;
    assert_eq!(counts(&third), [1, 0, 0, 0, 0], "{third}");
}

fn brings_back() -> Value {
    json!({"send": "changes", "leavers": {"action": "delete"}, "resubscribe": "ourRemovals", "brake": no_brake()})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_after_a_run_removed_somebody_counts_at_a_new_address() {
    for sync in [deletes(), brings_back()] {
        let app = TestApp::start().await;
        let export = export(&app, &sync).await;
        let left = run_with(&app, &export, &[("2", "bob"), ("3", "cid")]).await;
        assert_eq!(counts(&left), [0, 0, 0, 0, 1], "{left}");
        put_on_list(&app, "ann", "Unsubscribed").await;
        let back = run_with(&app, &export, &[("1", "anna"), ("2", "bob"), ("3", "cid")]).await;
        assert_eq!(counts(&back), [0, 0, 0, 1, 0], "{back}");
        assert_eq!(on_list(&app, "anna").await, Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_whom_a_run_removed_is_sent_at_a_new_address_where_they_said_nothing() {
    let app = TestApp::start().await;
    let export = export(&app, &deletes()).await;
    run_with(&app, &export, &[("2", "bob"), ("3", "cid")]).await;
    let back = run_with(&app, &export, &[("1", "anna"), ("2", "bob"), ("3", "cid")]).await;
    assert_eq!(counts(&back), [1, 0, 0, 0, 0], "{back}");
    assert_eq!(
        (state(&app, "ann").await, state(&app, "anna").await),
        (json!("Deleted"), json!("Active"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_at_a_later_address_counts_at_the_one_from_which_a_run_removed_somebody() {
    let app = TestApp::start().await;
    let export = export(&app, &brings_back()).await;
    run_with(&app, &export, &[("2", "bob"), ("3", "cid")]).await;
    run_with(&app, &export, &[("1", "anna"), ("2", "bob"), ("3", "cid")]).await;
    put_on_list(&app, "anna", "Unsubscribed").await;
    let back = run_with(&app, &export, &[("1", "ann"), ("2", "bob"), ("3", "cid")]).await;
    assert_eq!(counts(&back)[3], 1, "{back}");
    assert_eq!(state(&app, "ann").await, "Deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_that_another_export_saw_counts_at_a_new_address() {
    let app = TestApp::start().await;
    let first = export(&app, &deletes()).await;
    let other = named_export(&app, "Others", &[("1", "ann")], &deletes()).await;
    run(&app, &other).await;
    put_on_list(&app, "ann", "Unsubscribed").await;
    run_with(&app, &first, &[("2", "bob"), ("3", "cid")]).await;
    let back = run_with(&app, &first, &[("1", "anna"), ("2", "bob"), ("3", "cid")]).await;
    assert_eq!(counts(&back), [0, 0, 0, 1, 0], "{back}");
    assert_eq!(on_list(&app, "anna").await, Value::Null);
}
