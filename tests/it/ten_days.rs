//! Ten days of two exports to one list: people move between them, an address changes, somebody says no and comes back,
//! a segment is halved. The list and the receipts are right every day.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::approval::request_as;
use crate::support::{TestApp, good, text};

const GOLD: usize = 0;
const COFFEE: usize = 1;
const NAMES: [&str; 2] = ["Gold", "Coffee"];

/// Address by `CustomerId`.
type People = BTreeMap<usize, String>;

fn people(ids: impl IntoIterator<Item = usize>) -> People {
    ids.into_iter().map(|id| (id, format!("person{id}@example.com"))).collect()
}

struct Story {
    app: TestApp,
    exports: Vec<String>,
    segments: [People; 2],
    /// Whoever said no.
    no: BTreeSet<String>,
}

impl Story {
    async fn start(segments: [People; 2]) -> Self {
        let app = TestApp::start().await;
        let mut story = Self { app, exports: vec![], segments, no: BTreeSet::new() };
        let sync = json!({"send": "changes", "leavers": {"action": "delete"}, "resubscribe": "ourRemovals",
            "brake": {"removals": {"count": 10, "percent": 30}}, "verify": "full"});
        for (which, name) in NAMES.iter().enumerate() {
            story.upload(which).await;
            let new = json!({"displayName": name, "connectionId": story.app.connection().await, "listId": LIST_ID,
                "segments": [name], "sync": sync, "mapping": {"email": "Email"}});
            let export = story.app.post("/exports", &new).await;
            story.exports.push(text(&export, "exportId"));
        }
        story
    }

    async fn upload(&self, which: usize) {
        let mut csv = String::from("CustomerId,Email\n");
        for (id, address) in &self.segments[which] {
            writeln!(csv, "{id},{address}").unwrap();
        }
        self.app.segment(NAMES[which], &csv).await;
    }

    /// Both segments are refreshed and run, and everything is as it should be at the end. Returns the runs.
    async fn day(&self) -> [Value; 2] {
        let mut runs = [Value::Null, Value::Null];
        for (which, run) in runs.iter_mut().enumerate() {
            self.upload(which).await;
            let id = self.app.start_run(&self.exports[which]).await;
            *run = self.app.ended(&id).await;
            self.receipt_is_right(which, run).await;
        }
        self.list_is_right().await;
        runs
    }

    async fn receipt_is_right(&self, which: usize, run: &Value) {
        let path = format!("/runs/{}/receipt", text(run, "runId"));
        let receipt = self.app.get(&path).await;
        assert_eq!(receipt["counts"], run["counts"], "{receipt}");
        let found = &receipt["verifications"][0];
        let said_no = |address: &&String| self.no.contains(*address);
        let missing = self.segments[which].values().filter(said_no).count();
        let expected = (&json!("full"), &json!(missing));
        assert_eq!((&found["level"], &found["missing"]), expected, "{receipt}");
    }

    /// On it is everybody of both segments who has not said no, and nobody else.
    async fn list_is_right(&self) {
        let members = self.segments.iter().flat_map(BTreeMap::values).cloned();
        let expected: BTreeSet<String> =
            members.filter(|address| !self.no.contains(address)).collect();
        let path = format!("lists/{LIST_ID}/active.json?pagesize=1000");
        let answer = self.app.campaign_monitor(Method::GET, &path).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let active = answer["Results"].as_array().unwrap().iter();
        let active: BTreeSet<String> = active.map(|one| text(one, "EmailAddress")).collect();
        assert_eq!(active, expected);
    }

    async fn put_on_list(&self, id: usize, state: &str) {
        let person = json!([{"email": format!("person{id}@example.com"), "state": state}]);
        self.app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &person).await;
    }

    /// A run of a halved segment waits for a second person, who declines it.
    async fn is_held_and_declined(&self, which: usize) {
        self.upload(which).await;
        let id = self.app.start_run(&self.exports[which]).await;
        self.app.run_when(&id, |run| run["status"] == "awaitingApproval").await;
        let decline = format!("/runs/{id}/decline");
        let declined = request_as(&self.app, Method::POST, "second", &decline);
        good(declined.json(&json!({"note": "The file is half."})).send().await.unwrap()).await;
        let run = self.app.ended(&id).await;
        assert_eq!(run["counts"]["leavers"]["deleted"], 0, "{run}");
    }
}

fn count(run: &Value, name: &str) -> i64 {
    run["counts"].pointer(name).unwrap().as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_exports_hold_a_list_together_for_ten_days_and_every_receipt_is_right() {
    let mut story = Story::start([people(0..40), people(30..60)]).await;
    let [gold, coffee] = story.day().await;
    assert_eq!((count(&gold, "/created"), count(&coffee, "/created")), (40, 20), "the first day");

    story.segments = [people(5..40), people((0..5).chain(30..60))];
    story.day().await;

    story.segments = [people((0..40).chain(60..65)), people(30..60)];
    let [gold, coffee] = story.day().await;
    assert_eq!(count(&gold, "/created"), 5, "who is new: {gold}");
    assert_eq!(count(&coffee, "/leavers/kept"), 5, "who moved back to Gold: {coffee}");

    story.segments[GOLD].insert(7, "anna@example.com".into());
    let [gold, _] = story.day().await;
    assert_eq!(count(&gold, "/changedAddresses"), 1, "{gold}");

    story.put_on_list(12, "Unsubscribed").await;
    story.no.insert("person12@example.com".into());
    story.day().await;

    let whole = story.segments[GOLD].clone();
    story.segments[GOLD].retain(|id, _| id % 2 == 0);
    story.is_held_and_declined(GOLD).await;
    story.segments[GOLD] = whole;
    story.day().await;

    story.put_on_list(12, "Active").await;
    story.no.clear();
    story.day().await;

    story.segments[GOLD].retain(|id, _| !(20..25).contains(id));
    let [gold, _] = story.day().await;
    assert_eq!(count(&gold, "/leavers/deleted"), 5, "{gold}");

    story.segments[GOLD].extend(people(20..25));
    let [gold, _] = story.day().await;
    assert_eq!(count(&gold, "/created") + count(&gold, "/updated"), 5, "they return: {gold}");

    let [gold, coffee] = story.day().await;
    for (which, run) in [(GOLD, &gold), (COFFEE, &coffee)] {
        let members = story.segments[which].len();
        assert_eq!(count(run, "/unchanged"), i64::try_from(members).unwrap(), "{run}");
    }
}
