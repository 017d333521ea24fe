//! What callers are let at, or not.

use segment_export::sandbox::CLIENT_ID;
use serde_json::{Value, json};
use uuid::Uuid;

use super::fill;
use crate::support::document::Operation;
use crate::support::{TestApp, text};

/// A connection that is not shared, an export over it, a run of that, and somebody who may come back.
pub struct Things {
    pub connection: String,
    pub export: String,
    pub run: String,
    readmission: String,
}

impl Things {
    pub async fn make(app: &TestApp) -> Self {
        let connection = app.connection().await;
        let export = app.post("/exports", &Self::new_export(&connection)).await;
        let export = text(&export, "exportId");
        let run = app.start_run(&export).await;
        app.ended(&run).await;
        let path = format!("/exports/{export}/readmissions");
        let back = json!({"email": "person0@example.com", "reason": "A letter."});
        let readmission = text(&app.put(&path, &back).await, "readmissionId");
        Self { connection, export, run, readmission }
    }

    pub fn new_export(connection: &str) -> Value {
        json!({"displayName": "High value", "connectionId": connection, "segments": ["HighValue"],
            "listId": segment_export::sandbox::LIST_ID, "mapping": {"email": "Email"}})
    }

    pub async fn share(&self, app: &TestApp) {
        let body = json!({"allowedRoles": "adminsAndContributors"});
        let path = format!("/connections/{}", self.connection);
        let request = app.request("Admin", reqwest::Method::PATCH, &path).json(&body);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }

    /// Calls an operation on these things as a contributor. Returns status and body.
    pub async fn call(&self, app: &TestApp, operation: &Operation) -> (u16, String) {
        let instance = app.instance.to_string();
        self.call_in(app, &instance, "Contributor", operation).await
    }

    /// Calls an operation on these things, as if they were those of `instance`.
    pub async fn call_in(
        &self,
        app: &TestApp,
        instance: &str,
        role: &str,
        operation: &Operation,
    ) -> (u16, String) {
        let (_, below) = operation.path.split_once("{instanceId}").unwrap();
        let id = match below.split('/').nth(1) {
            Some("connections") => &self.connection,
            Some("runs") => &self.run,
            _ => &self.export,
        };
        let below = below.replace("{name}", "HighValue");
        let below = fill(&below.replace("{readmissionId}", &self.readmission), id);
        let request =
            app.anonymous(operation.method.clone(), &format!("v1/instances/{instance}{below}"));
        let request = request.bearer_auth(TestApp::token_for(role, instance));
        let answer = request.json(&self.body(operation)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    fn body(&self, operation: &Operation) -> Value {
        match operation.id.as_str() {
            "create_export" | "preview_draft" => Self::new_export(&self.connection),
            "update_channel" | "update_connection" | "update_segment" | "update_export"
            | "duplicate_export" => {
                json!({"displayName": "Other"})
            }
            "start_verification" => json!({"level": "counts"}),
            "set_export_schedule" => json!({"kind": "manual"}),
            "change_schedules" => {
                json!({"exportIds": [self.export], "mode": "keepIndividual", "active": false})
            }
            "set_credentials" => json!({"kind": "apiKey", "apiKey": "another-key-1234"}),
            // Each call makes one of its own.
            "create_list" => {
                json!({"name": Uuid::now_v7(), "optIn": "single", "clientId": CLIENT_ID})
            }
            "create_field" => json!({"name": Uuid::now_v7(), "dataType": "Text"}),
            "approve_run" => json!({"planHash": "0".repeat(64)}),
            "decline_run" => json!({"note": "Too many."}),
            "put_readmission" => json!({"email": "person1@example.com", "reason": "A letter."}),
            "lift_tombstones" => json!({"reason": "The person has subscribed again."}),
            "test_export" => json!({"customerId": "0"}),
            "put_export_alert_rules" => json!({"rules": []}),
            "attach_export" => json!({"connectionId": self.connection}),
            _ => Value::Null,
        }
    }
}
