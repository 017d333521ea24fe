//! Makes the calls of a plan, one after the other. Who runs the same file again continues where a call failed.

use std::collections::HashMap;

use anyhow::Context;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::current::Current;
use super::execute_alerts::{self, ChannelIds};
use super::plan::{ApplyPlan, ConnectionStep, ExportStep, Step, post};
use super::service::{Call, InstanceApi, member};
use crate::names::ConnectionId;

/// The connections by name: an export may need one that this plan creates.
type Ids = HashMap<String, ConnectionId>;

pub(super) async fn execute(
    api: &InstanceApi,
    plan: ApplyPlan,
    current: Current,
) -> anyhow::Result<()> {
    let ids = current.connections.into_iter();
    let mut ids: Ids = ids
        .map(|connection| (connection.display_name.as_str().to_owned(), connection.connection_id))
        .collect();
    let channels = current.channels.into_iter();
    let mut channels: ChannelIds = channels
        .map(|channel| (channel.display_name.as_str().to_owned(), channel.channel_id))
        .collect();
    let (all, unchanged) = (plan.changes.len(), plan.unchanged);
    for (done, change) in plan.changes.into_iter().enumerate() {
        let (title, is_new) = (change.title(), change.is_new());
        let name = change.thing.name;
        let made = match change.step {
            Step::Connection(step) => connection(api, &name, step, &mut ids).await,
            Step::Export(step) => export(api, step, &ids).await,
            Step::Channel(step) => execute_alerts::channel(api, &name, step, &mut channels).await,
            Step::Rules(step) => execute_alerts::rules(api, step, &channels).await,
            Step::Plain(call) => api.send(&call).await.map(drop),
        };
        made.with_context(|| {
            format!("{title} could not be applied, after {done} of {all} changes; correct it and apply the file again")
        })?;
        eprintln!("{title}: {}", if is_new { "created" } else { "changed" });
    }
    eprintln!("{all} changed, {unchanged} unchanged");
    Ok(())
}

/// Each call needs the version of the one before.
async fn connection(
    api: &InstanceApi,
    name: &str,
    step: ConnectionStep,
    ids: &mut Ids,
) -> anyhow::Result<()> {
    let ConnectionStep { found, body, key, becomes_export_user } = step;
    let mut known = found;
    if let Some(body) = body {
        let call = match known {
            Some((id, version)) => Call {
                method: Method::PATCH,
                path: format!("/connections/{}", id.0),
                body: Some(body),
                version: Some(version),
            },
            None => post("/connections", body),
        };
        known = Some(id_and_version(&api.send(&call).await?)?);
    }
    let (id, mut version) = known.context("the connection has no id")?;
    ids.insert(name.to_owned(), id);
    let put = |part: &str, body, version| Call {
        method: Method::PUT,
        path: format!("/connections/{}/{part}", id.0),
        body,
        version: Some(version),
    };
    if let Some(key) = key {
        let body = json!({"kind": "apiKey", "apiKey": key.expose_secret()});
        let answer = api.send(&put("credentials", Some(body), version)).await?;
        version = id_and_version(&answer)?.1;
    }
    if becomes_export_user {
        api.send(&put("export-user", None, version)).await?;
    }
    Ok(())
}

async fn export(api: &InstanceApi, step: ExportStep, ids: &Ids) -> anyhow::Result<()> {
    let ExportStep { found, connection, mut body } = step;
    if let Some(name) = connection {
        let id = ids.get(name.as_str()).context("the connection has no id")?;
        body.insert("connectionId".into(), json!(id));
    }
    let body = Value::Object(body);
    let call = match found {
        Some((id, version)) => Call {
            method: Method::PATCH,
            path: format!("/exports/{}", id.0),
            body: Some(body),
            version: Some(version),
        },
        None => post("/exports", body),
    };
    api.send(&call).await.map(drop)
}

fn id_and_version(connection: &Value) -> anyhow::Result<(ConnectionId, i64)> {
    Ok((member(connection, "connectionId")?, member(connection, "version")?))
}
