//! Who said no gets no mail at another address, whatever else is unknown, damaged or without an answer.

use serde_json::{Value, json};

use crate::changed_addresses::{
    counts, deletes, known, named_export, on_list, put_on_list, run_with, state,
};
use crate::changes::baseline_objects;
use crate::changes_doubt::in_database;
use crate::leavers::{no_brake, run};
use crate::support::TestApp;

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
    assert_eq!(second["warnings"][0]["code"], "nobodyRemoved", "{second}");
    assert_eq!(
        (on_list(&app, "anna").await, state(&app, "bob").await),
        (Value::Null, json!("Active"))
    );
}
