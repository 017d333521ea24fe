//! Connections, segments and exports that tests need.

use reqwest::{Method, Response};
use segment_export::sandbox::{API_KEY, LIST_ID};
use serde_json::json;
use uuid::Uuid;

use super::{TestApp, good, text};

impl TestApp {
    /// A connection that is connected. Returns its id.
    pub async fn connection(&self) -> String {
        self.connection_with(API_KEY).await
    }

    /// The same with another key of the account, or one of another account.
    pub async fn connection_with(&self, key: &str) -> String {
        let new = json!({"displayName": format!("Campaign Monitor {}", Uuid::now_v7()), "type": "campaignMonitor",
            "consent": {"agreed": true}, "credentials": {"kind": "apiKey", "apiKey": key}});
        let id = text(&self.post("/connections", &new).await, "connectionId");
        self.put(&format!("/connections/{id}/export-user"), &json!({})).await;
        id
    }

    /// A connection without credentials. Returns its id.
    pub async fn pending_connection(&self) -> String {
        let new = json!({"displayName": format!("Campaign Monitor {}", Uuid::now_v7()), "type": "campaignMonitor",
            "consent": {"agreed": true}});
        text(&self.post("/connections", &new).await, "connectionId")
    }

    /// A segment filled with a CSV.
    pub async fn segment(&self, name: &str, csv: &str) {
        self.put(&format!("/segments/{name}"), &json!({"displayName": name})).await;
        good(self.upload(name, "text/csv", csv.to_owned()).await).await;
    }

    pub async fn upload(
        &self,
        name: &str,
        media: &str,
        body: impl Into<reqwest::Body>,
    ) -> Response {
        let path = format!("/segments/{name}/members");
        self.request("Admin", Method::PUT, &path)
            .header("Content-Type", media)
            .body(body)
            .send()
            .await
            .unwrap()
    }

    /// An export of the segment `People` into the newsletter. Returns its id.
    pub async fn export(&self, connection: &str) -> String {
        let new = json!({"displayName": "People to newsletter", "connectionId": connection, "listId": LIST_ID,
            "segments": ["People"], "mapping": {"email": "Email", "customFields": [{"field": "City", "key": "city"}]}});
        text(&self.post("/exports", &new).await, "exportId")
    }

    /// A connected export of `rows` good profiles. Returns its id.
    pub async fn export_of(&self, rows: usize) -> String {
        self.segment("People", &people(rows)).await;
        self.export(&self.connection().await).await
    }
}

pub fn people(rows: usize) -> String {
    use std::fmt::Write;
    let mut csv = String::from("CustomerId,Email,City\n");
    for row in 0..rows {
        writeln!(csv, "{row},person{row}@example.com,Riga").unwrap();
    }
    csv
}
