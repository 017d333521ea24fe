//! The offline Campaign Monitor in a process of its own.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use reqwest::Method;
use segment_export::sandbox::{API_KEY, CLIENT_ID};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::processes::Process;

/// People put on a list with one order.
const PEOPLE_MAX: usize = 20_000;

pub struct CampaignMonitor {
    process: Process,
    /// Its lists.
    pub desk: Desk,
}

/// Who is on a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Digest {
    /// How many, in whatever state.
    pub addresses: i64,
    /// The same for the same addresses, whatever their order.
    pub address_hash: String,
}

/// Somebody on a list.
#[derive(Clone, Debug, Deserialize)]
pub struct Listed {
    pub email: String,
    pub state: String,
    /// By key in brackets.
    pub fields: BTreeMap<String, Vec<String>>,
}

/// What imports have done to a list.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// Records that imports have stored, repeats included.
    pub total_imported: i64,
}

impl CampaignMonitor {
    pub async fn start() -> Result<Self> {
        let process = Process::start("Campaign Monitor", &["sandbox".into()]).await?;
        let url = format!("http://127.0.0.1:{}/", process.port);
        // A connection that is kept may be closed at the other end just when an order goes out.
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).build()?;
        Ok(Self { process, desk: Desk { http, url } })
    }

    pub fn url(&self) -> String {
        self.desk.url.clone()
    }

    pub const fn port(&self) -> u16 {
        self.process.port
    }

    /// Orders faults, beside the time a call takes.
    pub async fn faults(&self, faults: &[Value]) -> Result<()> {
        let latency = json!({"match": {"path": "import"}, "kind": {"latency": {"ms": 40}}});
        let plan: Vec<_> = std::iter::once(&latency).chain(faults).collect();
        self.desk.order::<Value>(Method::PUT, "sandbox/faults", &json!(plan)).await.map(drop)
    }

    /// What it counts.
    pub async fn count(&self, path: &str, pointer: &str) -> Result<i64> {
        let answer: Value = self.desk.look(&format!("sandbox/{path}")).await?;
        let found = answer.pointer(pointer).and_then(Value::as_i64);
        found.with_context(|| format!("{pointer} in {answer}"))
    }

    /// Calls of imports that it has left without a whole answer.
    pub async fn unanswered(&self) -> Result<i64> {
        let calls: Value = self.desk.look("sandbox/calls").await?;
        Ok(calls["calls"]["POST /subscribers/{id}/import"]["none"].as_i64().unwrap_or_default())
    }
}

/// Takes orders about lists.
#[derive(Clone)]
pub struct Desk {
    http: reqwest::Client,
    url: String,
}

impl Desk {
    /// A new list with these fields of text.
    pub async fn add_list(&self, fields: &[&str]) -> Result<String> {
        let new = json!({"Title": Uuid::now_v7()});
        let list: String =
            self.order(Method::POST, &format!("api/v3.3/lists/{CLIENT_ID}.json"), &new).await?;
        let path = format!("api/v3.3/lists/{list}/customfields.json");
        for name in fields {
            let field = json!({"FieldName": name, "DataType": "Text"});
            self.order::<Value>(Method::POST, &path, &field).await?;
        }
        Ok(list)
    }

    pub async fn remove_list(&self, list: &str) -> Result<()> {
        let call = self.http.delete(format!("{}api/v3.3/lists/{list}.json", self.url));
        call.basic_auth(API_KEY, Some("x")).send().await?.error_for_status()?;
        Ok(())
    }

    /// Puts people on a list without an import.
    pub async fn put_people(&self, list: &str, addresses: &[String]) -> Result<()> {
        self.set_state(list, addresses, "Active").await
    }

    /// Gives people of a list another state, or adds them with it.
    pub async fn set_state(&self, list: &str, addresses: &[String], state: &str) -> Result<()> {
        for some in addresses.chunks(PEOPLE_MAX) {
            let people: Vec<_> =
                some.iter().map(|email| json!({"email": email, "state": state})).collect();
            let path = format!("sandbox/lists/{list}/subscribers");
            self.order::<Value>(Method::POST, &path, &json!(people)).await?;
        }
        Ok(())
    }

    /// Everybody on a list, in whatever state.
    pub async fn everybody(&self, list: &str) -> Result<Vec<Listed>> {
        self.look(&format!("sandbox/lists/{list}/subscribers")).await
    }

    pub async fn digest(&self, list: &str) -> Result<Digest> {
        self.look(&format!("sandbox/lists/{list}/digest")).await
    }

    pub async fn imported(&self, list: &str) -> Result<Imported> {
        let calls: Value = self.look("sandbox/calls").await?;
        Ok(Imported::deserialize(&calls["lists"][list])?)
    }

    async fn look<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    async fn order<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<T> {
        let order = self.http.request(method, format!("{}{path}", self.url));
        let answer = order.basic_auth(API_KEY, Some("x")).json(body).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }
}
