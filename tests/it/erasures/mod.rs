//! People who are erased: from every place, with proof, and not sent afterwards.

mod crowds;
mod everywhere;
mod figures;
mod obstacles;
mod request;
mod resumed;
mod tombstones;
mod traces;

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::support::{TestApp, text};

/// A request to erase these people.
fn request(people: &Value) -> Value {
    json!({"people": people, "legalBasis": "GDPR, article 17(1)(b)", "reference": "DSR-2026-0117"})
}

/// Erases these people; the id of the erasure.
pub async fn erase(app: &TestApp, people: &Value) -> String {
    text(&app.post("/erasures", &request(people)).await, "erasureId")
}

/// The erasure once it is so.
pub async fn erasure_when(app: &TestApp, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let started = std::time::Instant::now();
    loop {
        let seen = app.get(&format!("/erasures/{id}")).await;
        if is_so(&seen) {
            return seen;
        }
        assert!(started.elapsed().as_secs() < 90, "it never came to that: {seen:#}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

pub async fn completed(app: &TestApp, id: &str) -> Value {
    erasure_when(app, id, |seen| seen["status"] == "completed").await
}

/// What an erasure says of a place.
pub fn site<'a>(erasure: &'a Value, word: &str) -> &'a Value {
    let sites = erasure["places"].as_array().unwrap();
    sites.iter().find(|site| site["place"] == word).unwrap()
}

/// What was found in a place and removed from it, where a second search found nobody.
fn removed(erasure: &Value, word: &str) -> i64 {
    let site = site(erasure, word);
    assert!(site["verifiedUtc"].is_string(), "{site}");
    assert_eq!(site["found"], site["removed"], "{site}");
    site["found"].as_i64().unwrap()
}

/// What a list has of an address; `null` when it never had it.
async fn subscriber(app: &TestApp, list: &str, email: &str) -> Value {
    let path = format!("subscribers/{list}.json?email={email}");
    let found: Value =
        app.campaign_monitor(Method::GET, &path).send().await.unwrap().json().await.unwrap();
    found["State"].clone()
}

/// An export of a segment to the newsletter, with further members.
async fn export(app: &TestApp, segment: &str, more: &Value) -> String {
    let mut new = json!({"displayName": format!("{segment} to newsletter"), "connectionId": app.connection().await,
        "listId": LIST_ID, "segments": [segment], "mapping": {"email": "Email"}});
    new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    text(&app.post("/exports", &new).await, "exportId")
}
