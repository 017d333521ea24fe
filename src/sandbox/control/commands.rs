//! Commands to the sandbox: no credentials, plain JSON, unknown members are rejected.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::body::read;
use super::subscribers;
use crate::sandbox::call_log::Counters;
use crate::sandbox::list::List;
use crate::sandbox::query::Query;
use crate::sandbox::wire::Answer;
use crate::sandbox::world::World;

/// `path` is what follows `/sandbox/`.
pub fn answer(world: &World, method: &str, path: &str, query: &Query, body: &[u8]) -> Answer {
    let segments: Vec<&str> = path.split('/').collect();
    let reply = match (method, segments.as_slice()) {
        ("GET", ["faults"]) => Ok(Some(Answer::json(200, &world.faults.plan()))),
        ("GET", ["settings"]) => Ok(Some(Answer::json(200, &*world.settings()))),
        ("GET", ["calls"]) => Ok(Some(calls(world))),
        (_, ["lists", id, rest @ ..]) => subscribers::answer(world, method, id, rest, query, body),
        (method, command) => change(world, method, command, body),
    };
    match reply {
        Ok(Some(answer)) => answer,
        Ok(None) => {
            let error = format!(
                "{method} /sandbox/{path} is not a command; docs/SANDBOX.md lists the commands"
            );
            Answer::json(404, &json!({"error": error}))
        }
        Err(error) => Answer::json(400, &json!({"error": error})),
    }
}

/// Commands that change something; the answer is an empty object.
fn change(
    world: &World,
    method: &str,
    command: &[&str],
    body: &[u8],
) -> Result<Option<Answer>, String> {
    match (method, command) {
        ("PUT", ["faults"]) => world.faults.replace(read(body)?),
        ("DELETE", ["faults"]) => world.faults.replace(Vec::new()),
        ("PUT", ["settings"]) => world.set_settings(read(body)?),
        ("PUT", ["clock"]) => set_clock(world, body)?,
        ("POST", ["oauth", "expire"]) => world.grants().expire_all(),
        ("POST", ["oauth", "forget"]) => world.grants().forget_refresh_tokens(),
        ("POST", ["oauth", "revoke"]) => world.grants().revoke_all(),
        ("POST", ["suppressions"]) => suppress(world, body)?,
        ("POST", ["reset"]) => world.reset(),
        ("DELETE", ["calls"]) => world.call_log.clear(),
        _ => return Ok(None),
    }
    Ok(Some(Answer::json(200, &json!({}))))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClockCommand {
    /// `2026-01-31 09:00:00`, or null to let time run.
    #[serde(default)]
    system_date: Option<String>,
    /// How far the clocks of the clients are ahead of UTC, while time runs.
    #[serde(default)]
    offset_minutes: i64,
}

fn set_clock(world: &World, body: &[u8]) -> Result<(), String> {
    let command: ClockCommand = read(body)?;
    let parse = |text: String| NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S");
    let time = command.system_date.map(parse).transpose();
    world.fix_clock(time.map_err(|error| format!("systemDate: {error}"))?);
    world.set_offset(command.offset_minutes);
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SuppressionCommand {
    client_id: String,
    emails: Vec<String>,
}

fn suppress(world: &World, body: &[u8]) -> Result<(), String> {
    let command: SuppressionCommand = read(body)?;
    let client =
        world.account().clients.iter().find(|client| client.id == command.client_id).cloned();
    let client = client.ok_or_else(|| {
        format!("clientId: {} is not a client of this account", command.client_id)
    })?;
    for email in &command.emails {
        client.suppress(email, "Unsubscribed", world.now());
    }
    Ok(())
}

/// The call log and, for every list, what imports have stored.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallsView {
    #[serde(flatten)]
    counters: Counters,
    lists: BTreeMap<String, ListCalls>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListCalls {
    distinct_addresses: usize,
    total_imported: u64,
    /// The highest number of imports that stored the same address.
    imports_by_address_max: u32,
    /// Number of addresses that more than one import stored.
    addresses_imported_twice: usize,
}

fn calls(world: &World) -> Answer {
    let lists = world.account().lists.clone();
    let view = |list: &Arc<List>| {
        let state = list.state();
        let calls = ListCalls {
            distinct_addresses: state.members.len(),
            total_imported: state.total_imported,
            imports_by_address_max: state.members.most_imports(),
            addresses_imported_twice: state.members.resent(),
        };
        (list.id.clone(), calls)
    };
    let view =
        CallsView { counters: world.call_log.counters(), lists: lists.iter().map(view).collect() };
    Answer::json(200, &view)
}
