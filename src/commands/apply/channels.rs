//! Channels of the file beside those of the instance.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use serde_saphyr::Spanned;

use super::current::Current;
use super::current_alerts::CurrentChannel;
use super::file_alerts::WantedChannel;
use super::flaws::FileFlaw;
use super::plan::{ChannelStep, PlannedChange, Step, ThingKind};
use super::secret;
use crate::channels::{ChannelKind, Recipients, SignatureScheme, TargetUrl, hint};

/// What there is to do for a channel of the file. A URL is compared by what the API shows of it.
pub(super) fn plan(
    wanted: &Spanned<WantedChannel>,
    current: &Current,
) -> Result<Option<PlannedChange>, FileFlaw> {
    let file = &wanted.value;
    let found = current.channel(&file.display_name);
    let flaw = |why: String| FileFlaw::at(wanted, why);
    check(file, found).map_err(flaw)?;
    let url = secret::url(file).map_err(flaw)?;
    let shown = url.as_ref().map(shown).transpose().map_err(flaw)?;
    let (from, to) = (found.map(of_instance), of_file(file, found, shown));
    let title = (ThingKind::Channel, file.display_name.as_str());
    Ok(PlannedChange::between(title, from.as_ref(), &to, vec![], |changed| {
        Step::Channel(step(file, found, url, &to, changed))
    }))
}

/// What no call could change, and what a new channel needs.
fn check(file: &WantedChannel, found: Option<&CurrentChannel>) -> Result<(), String> {
    let name = file.display_name.as_str();
    if let Some(found) = found {
        let is_same = found.kind == file.kind
            && file.signature.is_none_or(|signature| found.signature == Some(signature));
        return if is_same {
            Ok(())
        } else {
            Err(format!(
                "The channel “{name}” of the instance has another kind or signature, and neither can be changed. Give \
                 this one another name."
            ))
        };
    }
    let has_url = file.url_env.is_some() || file.url_file.is_some();
    match file.kind {
        ChannelKind::Email if file.to.is_none() => {
            Err(format!("The channel “{name}” is new, so it needs `to`: the addresses."))
        }
        ChannelKind::Slack | ChannelKind::Teams | ChannelKind::Webhook if !has_url => {
            Err(format!("The channel “{name}” is new, so it needs `urlEnv` or `urlFile`."))
        }
        _ => Ok(()),
    }
}

fn shown(url: &SecretString) -> Result<String, String> {
    let parsed: Result<TargetUrl, _> = serde_json::from_value(url.expose_secret().into());
    parsed.map(|url| hint(&url)).map_err(|error| format!("The URL cannot be used: {error}."))
}

fn of_instance(found: &CurrentChannel) -> Value {
    comparable(found.kind, &json!(found.to), &json!(found.url), found.signature, found.active)
}

/// What the file leaves out is as the instance has it.
fn of_file(file: &WantedChannel, found: Option<&CurrentChannel>, shown: Option<String>) -> Value {
    let to = file.to.as_ref().map(|to| Recipients::of(to).to);
    let to = to.or_else(|| found.and_then(|found| found.to.clone()));
    let url = shown.or_else(|| found.and_then(|found| found.url.clone()));
    let is_webhook = file.kind == ChannelKind::Webhook;
    let signature = match found {
        Some(found) => found.signature,
        None => is_webhook.then(|| file.signature.unwrap_or_default()),
    };
    comparable(file.kind, &json!(to), &json!(url), signature, file.active)
}

fn comparable(
    kind: ChannelKind,
    to: &Value,
    url: &Value,
    signature: Option<SignatureScheme>,
    active: bool,
) -> Value {
    json!({"kind": kind, "to": to, "url": url, "signature": signature, "active": active})
}

/// The URL is added when the body is sent.
fn step(
    file: &WantedChannel,
    found: Option<&CurrentChannel>,
    url: Option<SecretString>,
    to: &Value,
    changed: &[String],
) -> ChannelStep {
    let has_changed = |name: &str| found.is_none() || changed.iter().any(|changed| changed == name);
    let mut body = Map::new();
    if found.is_none() {
        body.insert("displayName".into(), json!(file.display_name));
        body.insert("kind".into(), json!(file.kind));
        body.extend(file.signature.map(|signature| ("signature".to_owned(), json!(signature))));
    }
    if has_changed("to") && !to["to"].is_null() {
        body.insert("to".into(), to["to"].clone());
    }
    ChannelStep {
        found: found.map(|found| (found.channel_id, found.version)),
        body,
        url: url.filter(|_| has_changed("url")),
        // A channel is created active.
        active: match found {
            Some(_) => has_changed("active").then_some(file.active),
            None => (!file.active).then_some(false),
        },
        secret_file: file.secret_file.clone(),
    }
}
