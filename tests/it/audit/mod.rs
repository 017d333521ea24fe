//! The audit: every change and every refusal leaves an event that says who, what, when and from where.

mod chain;
mod every_call;
mod keeping;
mod reads;
mod strangers;
mod tampering;
mod what_it_says;

use serde_json::Value;

use crate::support::TestApp;

async fn events(app: &TestApp, query: &str) -> Vec<Value> {
    let page = app.get(&format!("/audit-events?limit=200{query}")).await;
    assert_eq!(page["nextCursor"], Value::Null);
    page["items"].as_array().unwrap().clone()
}
