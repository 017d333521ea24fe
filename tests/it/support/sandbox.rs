//! Orders to the offline Campaign Monitor, and what it says.

use reqwest::{Method, RequestBuilder, StatusCode};
use segment_export::sandbox::{API_KEY, LIST_ID};
use serde_json::{Value, json};

use super::TestApp;

impl TestApp {
    /// Orders a fault plan.
    pub async fn faults(&self, plan: &Value) {
        let url = self.sandbox.url().join("sandbox/faults").unwrap();
        let answer = self.http.put(url).json(plan).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{plan}");
    }

    /// Orders a fault plan, and that nobody on a list can be read: a call without an answer stays without one.
    pub async fn faults_unread(&self, plan: &Value) {
        let unread = json!({"match": {"path": "subscribers", "method": "GET"},
            "kind": {"status": {"status": 500}}});
        let plan = [plan.as_array().unwrap().as_slice(), &[unread]].concat();
        self.faults(&json!(plan)).await;
    }

    /// A call of the API of the offline Campaign Monitor, past the service.
    pub fn campaign_monitor(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.sandbox.url().join(&format!("api/v3.3/{path}")).unwrap();
        self.http.request(method, url).basic_auth(API_KEY, Some("x"))
    }

    /// Gives the offline Campaign Monitor an order.
    pub async fn order(&self, method: Method, path: &str, body: &Value) {
        let url = self.sandbox.url().join(&format!("sandbox/{path}")).unwrap();
        let answer = self.http.request(method, url).json(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}: {body}");
    }

    /// What the offline Campaign Monitor says under `/sandbox/`.
    pub async fn sandbox_says(&self, path: &str) -> Value {
        let url = self.sandbox.url().join(&format!("sandbox/{path}")).unwrap();
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// Active subscribers of the newsletter, as Campaign Monitor itself counts them.
    pub async fn active(&self) -> i64 {
        self.sandbox_says(&format!("lists/{LIST_ID}/digest")).await["states"]["Active"]
            .as_i64()
            .unwrap()
    }
}
