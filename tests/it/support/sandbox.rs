//! Orders to the offline Campaign Monitor, and what it says.

use reqwest::{Method, StatusCode};
use segment_export::sandbox::LIST_ID;
use serde_json::Value;

use super::TestApp;

impl TestApp {
    /// Orders a fault plan.
    pub async fn faults(&self, plan: &Value) {
        let url = self.sandbox.url().join("sandbox/faults").unwrap();
        let answer = self.http.put(url).json(plan).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{plan}");
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
