//! What there is to do: what people and CI read of it, and the calls that it takes.

use std::fmt;
use std::path::PathBuf;

use reqwest::Method;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::service::Call;
use crate::names::{ChannelId, ConnectionId, DisplayName, ExportId};

/// What there is to do, in the order in which it is done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApplyPlan {
    pub(super) instance: Uuid,
    pub(super) changes: Vec<PlannedChange>,
    /// Things of the file that the instance has already.
    pub(super) unchanged: usize,
    /// Things of the instance that the file does not name, of the kinds that it has. They stay as they are.
    pub(super) not_in_file: Vec<NamedThing>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ThingKind {
    Connection,
    Segment,
    Export,
    Schedule,
    Channel,
    AlertRules,
}

#[derive(Clone, Serialize)]
pub(super) struct NamedThing {
    pub(super) kind: ThingKind,
    pub(super) name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ChangeAction {
    Create,
    Update,
}

/// One thing that is created or changed.
#[derive(Serialize)]
pub(super) struct PlannedChange {
    #[serde(flatten)]
    pub(super) thing: NamedThing,
    action: ChangeAction,
    members: Vec<Difference>,
    /// What the change could do to people, in words.
    harms: Vec<String>,
    #[serde(skip)]
    pub(super) step: Step,
}

/// A member that changes. Of a new thing there is one, with everything.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Difference {
    pointer: String,
    from: Value,
    to: Value,
}

/// The calls of a change.
pub(super) enum Step {
    Connection(ConnectionStep),
    Export(ExportStep),
    Channel(ChannelStep),
    Rules(RulesStep),
    /// One call that needs no id of another.
    Plain(Call),
}

/// Up to three calls: the connection, its key, its export user.
pub(super) struct ConnectionStep {
    pub(super) found: Option<(ConnectionId, i64)>,
    /// To create it, or to change it.
    pub(super) body: Option<Value>,
    pub(super) key: Option<SecretString>,
    pub(super) becomes_export_user: bool,
}

pub(super) struct ExportStep {
    pub(super) found: Option<(ExportId, i64)>,
    /// The connection that it gets: its id may not exist yet.
    pub(super) connection: Option<DisplayName>,
    pub(super) body: Map<String, Value>,
}

/// Up to two calls: the channel, and switching it on or off.
pub(super) struct ChannelStep {
    pub(super) found: Option<(ChannelId, i64)>,
    pub(super) body: Map<String, Value>,
    /// Where it leads from now on.
    pub(super) url: Option<SecretString>,
    pub(super) active: Option<bool>,
    /// Where the secret of a new webhook goes.
    pub(super) secret_file: Option<PathBuf>,
}

/// The rules with names of channels, which may have no id yet.
pub(super) struct RulesStep {
    pub(super) rules: Value,
    pub(super) version: Option<i64>,
}

impl ApplyPlan {
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(super) fn changes(&self) -> &[PlannedChange] {
        &self.changes
    }
}

impl PlannedChange {
    /// `None` when there is nothing to change. Both values have the members of the file.
    pub(super) fn between(
        (kind, name): (ThingKind, &str),
        from: Option<&Value>,
        to: &Value,
        harms: Vec<String>,
        step: impl FnOnce(&[String]) -> Step,
    ) -> Option<Self> {
        let mut members = vec![];
        differences("", from.unwrap_or(&Value::Null), to, &mut members);
        if members.is_empty() {
            return None;
        }
        let action = if from.is_some() { ChangeAction::Update } else { ChangeAction::Create };
        let changed: Vec<_> = members.iter().filter_map(first_name).collect();
        let thing = NamedThing { kind, name: name.to_owned() };
        Some(Self { thing, action, step: step(&changed), members, harms })
    }

    pub(super) fn harms(&self) -> &[String] {
        &self.harms
    }

    /// As in `export “Newsletter”`.
    pub(super) fn title(&self) -> String {
        format!("{} “{}”", self.thing.kind, self.thing.name)
    }

    pub(super) fn is_new(&self) -> bool {
        self.action == ChangeAction::Create
    }
}

impl fmt::Display for ThingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "connection",
            Self::Segment => "segment",
            Self::Export => "export",
            Self::Schedule => "schedule",
            Self::Channel => "channel",
            Self::AlertRules => "rules",
        })
    }
}

/// The top-level member of a difference; a new thing has none.
fn first_name(difference: &Difference) -> Option<String> {
    difference.pointer.split('/').nth(1).map(str::to_owned)
}

/// Objects are compared member by member, everything else as one value.
fn differences(pointer: &str, from: &Value, to: &Value, found: &mut Vec<Difference>) {
    if from == to {
        return;
    }
    let (Value::Object(old), Value::Object(new)) = (from, to) else {
        found.push(Difference { pointer: pointer.into(), from: from.clone(), to: to.clone() });
        return;
    };
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    for name in new.keys().chain(gone) {
        let member = |object: &Map<String, Value>| object.get(name).cloned().unwrap_or_default();
        differences(&format!("{pointer}/{name}"), &member(old), &member(new), found);
    }
}

/// The call that creates something below the instance.
pub(super) fn post(path: &str, body: Value) -> Call {
    Call { method: Method::POST, path: path.into(), body: Some(body), version: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(from: &Value, to: &Value) -> Vec<(String, Value)> {
        let mut found = vec![];
        differences("", from, to, &mut found);
        found.into_iter().map(|difference| (difference.pointer, difference.to)).collect()
    }

    #[test]
    fn objects_are_compared_member_by_member_and_lists_as_one_value() {
        let from = json!({"a": 1, "b": {"c": [1, 2], "d": null}, "e": true});
        let to = json!({"a": 1, "b": {"c": [2, 1], "d": null}});
        let expected = [("/b/c".to_owned(), json!([2, 1])), ("/e".to_owned(), Value::Null)];
        assert_eq!(found(&from, &to), expected);
        assert_eq!(found(&to, &to), []);
        assert_eq!(found(&Value::Null, &to), [(String::new(), to.clone())]);
    }

    #[test]
    fn what_is_missing_is_the_same_as_null() {
        assert_eq!(found(&json!({}), &json!({"a": null})), []);
        assert_eq!(found(&json!({"a": null}), &json!({})), []);
    }
}
