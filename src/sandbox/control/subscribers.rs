//! Commands about the subscribers of a list: store them in any state, read them, count them, delete them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::body::read;
use crate::sandbox::address::Key;
use crate::sandbox::fields::{Fields, bracketed};
use crate::sandbox::list::{List, ListState};
use crate::sandbox::member::{Member, State};
use crate::sandbox::query::Query;
use crate::sandbox::request::{Consent, FieldValue};
use crate::sandbox::settings::{FieldProblems, Imports};
use crate::sandbox::upsert::{Person, check_contact, merged};
use crate::sandbox::wire::{Answer, date_text};
use crate::sandbox::world::World;

/// Commands below `/sandbox/lists/{id}`; `None` for any other path.
pub fn answer(
    world: &World,
    method: &str,
    id: &str,
    rest: &[&str],
    query: &Query,
    body: &[u8],
) -> Result<Option<Answer>, String> {
    let list = world.account().lists.iter().find(|list| list.id == id).cloned();
    let list = list.ok_or_else(|| format!("{id} is not a list of this account"))?;
    let answer = match (method, rest) {
        ("POST", ["subscribers"]) => store(&list, world.now(), body)?,
        ("GET", ["subscribers"]) => show(&list, query.get("email")),
        ("DELETE", ["subscribers"]) => remove(&mut list.state(), query.get("email")),
        ("GET", ["digest"]) => digest(&list.state()),
        _ => return Ok(None),
    };
    Ok(Some(answer))
}

/// A person to store in any state.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewMember {
    email: String,
    state: State,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    mobile_number: Option<String>,
    /// By key: a value, or several for a field with several options.
    #[serde(default)]
    fields: BTreeMap<String, OneOrMore>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn values(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::More(values) => values,
        }
    }
}

/// Replaces people with the same addresses.
fn store(list: &List, now: i64, body: &[u8]) -> Result<Answer, String> {
    let people: Vec<NewMember> = read(body)?;
    let mut state = list.state();
    for person in &people {
        let member = person
            .member(&state.fields, now)
            .map_err(|code| format!("{}: Code {code}", person.email))?;
        state.members.put(Key::of(&person.email), member);
    }
    Ok(Answer::json(200, &json!({"subscribers": people.len()})))
}

/// Unlike the service, a command rejects a value that its field does not accept.
fn strict() -> Imports {
    Imports { field_problems: FieldProblems::Fail, ..Imports::default() }
}

impl NewMember {
    fn member(&self, fields: &Fields, now: i64) -> Result<Member, u16> {
        let pairs = self
            .fields
            .iter()
            .flat_map(|(key, values)| values.values().iter().map(move |value| (key, value)));
        let values: Vec<FieldValue<'_>> =
            pairs.map(|(key, value)| FieldValue::new(key, value)).collect();
        let person = Person {
            key: Key::of(&self.email),
            email: &self.email,
            name: self.name.as_deref(),
            mobile: self.mobile_number.as_deref(),
            fields: &values,
            track: Consent::Unchanged,
            sms: Consent::Unchanged,
        };
        check_contact(person.email, person.mobile)?;
        let texts = merged(fields, None, &person, &strict())?;
        Ok(Member { texts, changed: now, joined: now, imports: 0, state: self.state, sms: None })
    }
}

/// Removes everybody, or the person with this address: nothing of them is left, as after an erasure.
fn remove(state: &mut ListState, email: &str) -> Answer {
    if email.is_empty() {
        state.empty();
    } else {
        state.members.remove(Key::of(email));
    }
    Answer::json(200, &json!({}))
}

/// Everything the sandbox stores of the person with this address, or null; of everybody when there is no address.
fn show(list: &List, email: &str) -> Answer {
    let state = list.state();
    let view = |member| full_view(&state, member);
    let shown = match email {
        "" => state.members.iter().map(view).collect(),
        email => state.members.get(Key::of(email)).map_or(Value::Null, view),
    };
    Answer::json(200, &shown)
}

fn full_view(state: &ListState, member: &Member) -> Value {
    let mut fields: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (slot, value) in member.fields() {
        if let Some(field) = state.fields.by_slot(slot) {
            fields.entry(bracketed(&field.key)).or_default().push(value);
        }
    }
    json!({
        "email": member.email(),
        "name": member.name(),
        "mobileNumber": member.mobile(),
        "state": member.state,
        "changed": date_text(member.changed),
        "joined": date_text(member.joined),
        "imports": member.imports,
        "fields": fields,
    })
}

impl ListState {
    fn empty(&mut self) {
        self.members.clear();
        self.total_imported = 0;
    }
}

/// Number of people in each state, and a hash that is the same for the same addresses.
fn digest(state: &ListState) -> Answer {
    let members = &state.members;
    let states = State::ALL.map(|state| (format!("{state:?}"), members.count(state)));
    Answer::json(
        200,
        &json!({
            "states": BTreeMap::from(states),
            "addresses": members.len(),
            "addressHash": format!("{:032x}", members.key_sum()),
        }),
    )
}
