//! Makes the calls of a plan that are about channels and the rules of alerts.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::plan::{ChannelStep, RulesStep, post};
use super::service::{Call, InstanceApi, member};
use crate::names::ChannelId;

/// The channels by name: a rule may need one that this plan creates.
pub(super) type ChannelIds = HashMap<String, ChannelId>;

pub(super) async fn channel(
    api: &InstanceApi,
    name: &str,
    step: ChannelStep,
    ids: &mut ChannelIds,
) -> anyhow::Result<()> {
    let ChannelStep { found, mut body, url, active, secret_file } = step;
    body.extend(url.map(|url| ("url".to_owned(), json!(url.expose_secret()))));
    let (id, version) = if let Some(known) = found {
        known
    } else {
        // Before the call, because the secret is shown once.
        let file = secret_file.as_deref().map(new_file).transpose()?;
        let answer = api.send(&post("/channels", Value::Object(body.clone()))).await?;
        keep_secret(name, &answer, file)?;
        body.clear();
        (member(&answer, "channelId")?, member(&answer, "version")?)
    };
    ids.insert(name.to_owned(), id);
    body.extend(active.map(|active| ("active".to_owned(), json!(active))));
    if !body.is_empty() {
        let call = Call {
            method: Method::PATCH,
            path: format!("/channels/{}", id.0),
            body: Some(Value::Object(body)),
            version: Some(version),
        };
        api.send(&call).await?;
    }
    Ok(())
}

/// One that is not there yet, for its owner alone: the program sets the rights of all its files.
fn new_file(path: &Path) -> anyhow::Result<File> {
    File::create_new(path)
        .with_context(|| format!("the file {} of `secretFile` cannot be made", path.display()))
}

fn keep_secret(name: &str, answer: &Value, file: Option<File>) -> anyhow::Result<()> {
    let Some(secret) = answer["secret"].as_str() else { return Ok(()) };
    match file {
        Some(mut file) => writeln!(file, "{secret}").context("the secret could not be written")?,
        None => eprintln!(
            "channel “{name}”: its secret is not kept, because the file has no `secretFile`; `POST \
             …/channels/{{id}}/secret` shows a new one"
        ),
    }
    Ok(())
}

pub(super) async fn rules(
    api: &InstanceApi,
    step: RulesStep,
    ids: &ChannelIds,
) -> anyhow::Result<()> {
    let RulesStep { mut rules, version } = step;
    for rule in rules.as_array_mut().into_iter().flatten() {
        for channel in rule.get_mut("channels").and_then(Value::as_array_mut).into_iter().flatten()
        {
            let name = channel.as_str().unwrap_or_default();
            *channel = json!(ids.get(name).context("the channel has no id")?);
        }
    }
    let call = Call {
        method: Method::PUT,
        path: "/alert-rules".into(),
        body: Some(json!({"rules": rules})),
        // Version 0 is that of rules that nobody has set.
        version: version.filter(|version| *version > 0),
    };
    api.send(&call).await.map(drop)
}
