//! How an object was changed: its fields before and after, as callers see them.

use serde::Serialize;
use serde_json::{Map, Value};

/// Members of a view that say nothing of what was changed: the event itself says who and when.
const STAMPS: [&str; 6] =
    ["instanceId", "version", "createdBy", "createdUtc", "updatedBy", "updatedUtc"];

/// An object at one moment, without secrets.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Its id; a segment's is its name.
    pub id: String,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its fields, as callers see them.
    pub fields: Map<String, Value>,
}

/// How an object was changed.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub(super) object_id: Option<String>,
    pub(super) object_name: Option<String>,
    pub(super) before: Map<String, Value>,
    pub(super) after: Map<String, Value>,
}

impl Snapshot {
    /// What `view` shows of an object.
    ///
    /// # Panics
    /// Never: a view is a JSON object.
    #[must_use]
    pub fn of(id: &impl ToString, name: impl Into<String>, view: &impl Serialize) -> Self {
        Self { id: id.to_string(), name: Some(name.into()), fields: fields(view) }
    }
}

fn fields(view: &impl Serialize) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(view) else {
        unreachable!("a view is a JSON object");
    };
    fields.retain(|name, _| !STAMPS.contains(&name.as_str()));
    fields
}

impl Change {
    pub fn made(new: impl Into<Snapshot>) -> Self {
        let Snapshot { id, name, fields } = new.into();
        Self { object_id: Some(id), object_name: name, before: Map::new(), after: fields }
    }

    pub fn removed(old: impl Into<Snapshot>) -> Self {
        let Snapshot { id, name, fields } = old.into();
        Self { object_id: Some(id), object_name: name, before: fields, after: Map::new() }
    }

    /// Keeps only what differs.
    pub fn between(old: impl Into<Snapshot>, new: impl Into<Snapshot>) -> Self {
        let (old, new) = (old.into(), new.into());
        let differing = |fields: &Map<String, Value>, others: &Map<String, Value>| {
            let differs = |(name, value): &(&String, &Value)| others.get(*name) != Some(*value);
            fields
                .iter()
                .filter(differs)
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        };
        Self {
            before: differing(&old.fields, &new.fields),
            after: differing(&new.fields, &old.fields),
            object_id: Some(new.id),
            object_name: new.name,
        }
    }

    /// Personal data of an object that somebody read; `what` says how much and in which form, and is no part of it.
    pub fn read(id: &impl ToString, name: Option<String>, what: &impl Serialize) -> Self {
        let after = fields(what);
        Self { object_id: Some(id.to_string()), object_name: name, before: Map::new(), after }
    }

    /// A call, named by its method and route; `what` says more of it.
    pub fn call(call: String, what: &impl Serialize) -> Self {
        Self { object_id: Some(call), after: fields(what), ..Self::default() }
    }

    /// An action that changed none of the object's own fields; `what` describes it.
    pub fn done(to: impl Into<Snapshot>, what: &impl Serialize) -> Self {
        Self { after: fields(what), ..Self::made(to) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn snapshot(view: &Value) -> Snapshot {
        Snapshot::of(&"1", "One", view)
    }

    #[test]
    fn a_change_keeps_only_what_differs() {
        let old = snapshot(&json!({"colour": "red", "size": 1, "gone": true, "version": 1}));
        let new = snapshot(&json!({"colour": "blue", "size": 1, "version": 2}));
        let change = Change::between(old, new);
        assert_eq!(Value::Object(change.before), json!({"colour": "red", "gone": true}));
        assert_eq!(Value::Object(change.after), json!({"colour": "blue"}));
    }
}
