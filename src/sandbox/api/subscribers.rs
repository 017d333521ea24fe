//! Calls about one subscriber of a list: add, read, change, unsubscribe, delete.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::sandbox::address::{Key, is_valid};
use crate::sandbox::admission::{Door, Person, check_contact, merged, sms_consent};
use crate::sandbox::call::Call;
use crate::sandbox::client::Book;
use crate::sandbox::codes::{Refusal, refusal, unreadable};
use crate::sandbox::fields::Fields;
use crate::sandbox::fields::bracketed;
use crate::sandbox::list::{List, ListState};
use crate::sandbox::member::{EMAIL, Member, State, Texts};
use crate::sandbox::request::{Consent, Record, Text};
use crate::sandbox::settings::{CustomFieldKeys, MissingConsent};
use crate::sandbox::wire::{Answer, Reply, date_text};

/// Calls below `/subscribers/{listid}`.
pub fn route(call: &Call<'_>, method: &str, list_id: &str, rest: &[&str]) -> Reply {
    let list = call.list(list_id)?;
    match (method, rest) {
        ("POST", []) => add(call, &list),
        ("PUT", []) => update(call, &list),
        ("GET", []) => read(call, &list),
        ("DELETE", []) => leave(call, &list, call.query.get("email"), State::Deleted),
        ("POST", ["unsubscribe"]) => unsubscribe(call, &list),
        ("GET", ["history"]) => history(call, &list),
        _ => Err(refusal(404)),
    }
}

/// How subscribers are shown.
#[derive(Debug)]
pub struct Show<'a> {
    pub fields: &'a Fields,
    pub keys: CustomFieldKeys,
    /// Where to look for the consent to tracking, if it is to be shown.
    pub tracking: Option<&'a Book>,
    /// Whether the consent to text messages is to be shown.
    pub sms: bool,
}

/// A subscriber as answers show one.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SubscriberView<'a> {
    email_address: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile_number: Option<&'a str>,
    date: String,
    list_joined_date: String,
    state: State,
    custom_fields: Vec<FieldView<'a>>,
    reads_email_with: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_to_track: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_to_send_sms: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct FieldView<'a> {
    key: String,
    value: &'a str,
}

impl<'a> SubscriberView<'a> {
    pub fn new(member: &'a Member, show: &Show<'_>) -> Self {
        let tracked = |book: &Book| !book.refused_tracking.contains(&Key::of(member.email()));
        Self {
            email_address: member.email(),
            name: member.name(),
            mobile_number: member.mobile(),
            date: date_text(member.changed),
            list_joined_date: date_text(member.joined),
            state: member.state,
            custom_fields: field_views(member, show),
            reads_email_with: "",
            consent_to_track: show.tracking.map(|book| yes_or_no(tracked(book))),
            consent_to_send_sms: show.sms.then(|| yes_or_no(member.sms == Some(true))),
        }
    }
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "Yes" } else { "No" }
}

/// The values of fields that still exist.
fn field_views<'a>(member: &'a Member, show: &Show<'_>) -> Vec<FieldView<'a>> {
    let view = |(slot, value)| {
        let field = show.fields.by_slot(slot)?;
        let key = match show.keys {
            CustomFieldKeys::Bracketed => bracketed(&field.key),
            CustomFieldKeys::Name => field.name.clone(),
        };
        Some(FieldView { key, value })
    };
    member.fields().filter_map(view).collect()
}

fn add(call: &Call<'_>, list: &List) -> Reply {
    let record: Record<'_> = call.body_as("subscriber")?;
    let track = consent(call, &record)?;
    let key = Key::of(record.email());
    throttle(call, key)?;
    let mut door = Door {
        list: &mut list.state(),
        book: &mut list.client.book(),
        settings: &call.settings.imports,
        now: call.now,
        resubscribe: record.resubscribe(),
        imports: 0,
    };
    door.admit(&Person::of(key, &record, track)).map_err(refusal)?;
    Answer::created(&record.email())
}

/// Consent to tracking as one call gives it.
fn consent(call: &Call<'_>, record: &Record<'_>) -> Result<Consent, Refusal> {
    let consent = record.track().and_then(|track| record.sms().map(|_| track));
    match consent {
        Err(400) => Err(unreadable("subscriber")),
        Err(214) if call.settings.imports.missing_consent == MissingConsent::Accept => {
            Ok(Consent::Unchanged)
        }
        other => other.map_err(refusal),
    }
}

/// Code 429 for someone who is added or updated again and again.
fn throttle(call: &Call<'_>, key: Key) -> Result<(), Refusal> {
    let most = call.settings.subscribers.changes_per_minute;
    let changes = call.world.recent_changes().count(key, call.now);
    if most > 0 && changes > most { Err(refusal(429)) } else { Ok(()) }
}

/// Finds the person an address names: Code 1 if it is no address, 203 if nobody is there.
fn known<'s>(state: &'s ListState, email: &str) -> Result<(Key, &'s Member), Refusal> {
    if !is_valid(email) {
        return Err(refusal(1));
    }
    let key = Key::of(email);
    let member = state.members.get(key).ok_or_else(|| refusal(203))?;
    Ok((key, member))
}

/// Changes everything that is sent, the address too; nobody is brought back unless asked for.
fn update(call: &Call<'_>, list: &List) -> Reply {
    let record: Record<'_> = call.body_as("subscriber")?;
    let track = consent(call, &record)?;
    let mut state = list.state();
    let (old_key, old) = known(&state, call.query.get("email"))?;
    check_contact(record.email(), record.mobile())
        .map_err(|code| refusal(if code == 1 { 211 } else { code }))?;
    let new_key = Key::of(record.email());
    if new_key != old_key && state.members.get(new_key).is_some() {
        return Err(refusal(201));
    }
    throttle(call, old_key)?;
    let person = Person::of(new_key, &record, track);
    let texts =
        merged(&state.fields, Some(old), &person, &call.settings.imports).map_err(refusal)?;
    let back = record.resubscribe() && old.state != State::Active;
    let member = Member {
        texts: readdressed(&texts, record.email()),
        changed: if back { call.now } else { old.changed },
        state: if back { State::Active } else { old.state },
        sms: sms_consent(person.sms, Some(old)),
        ..*old
    };
    state.members.rekey(old_key, new_key);
    state.members.put(new_key, member);
    list.client.book().note_consent(new_key, track);
    Answer::empty()
}

fn readdressed(texts: &Texts, email: &str) -> Texts {
    let entry = |(slot, text)| (slot, if slot == EMAIL { email } else { text });
    Texts::pack(texts.entries().map(entry))
}

fn read(call: &Call<'_>, list: &List) -> Reply {
    let state = list.state();
    let (_, member) = known(&state, call.query.get("email"))?;
    let book = list.client.book();
    let show = Show {
        fields: &state.fields,
        keys: call.settings.subscribers.custom_field_keys,
        tracking: call.query.is_true("includetrackingpreference").then_some(&*book),
        sms: member.mobile().is_some(),
    };
    Answer::ok(&SubscriberView::new(member, &show))
}

/// Nobody here has ever been sent a campaign.
fn history(call: &Call<'_>, list: &List) -> Reply {
    known(&list.state(), call.query.get("email"))?;
    Answer::ok(&json!([]))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UnsubscribeRequest<'a> {
    #[serde(borrow)]
    email_address: Option<Text<'a>>,
}

fn unsubscribe(call: &Call<'_>, list: &List) -> Reply {
    let request: UnsubscribeRequest<'_> = call.body_as("request")?;
    let email = request.email_address.as_deref().unwrap_or_default();
    let reply = leave(call, list, email, State::Unsubscribed)?;
    if list.state().obeys_suppression() {
        list.client.suppress(email, "Unsubscribed", call.now);
    }
    Ok(reply)
}

/// Takes someone off the list, who must not have left it before.
fn leave(call: &Call<'_>, list: &List, email: &str, to: State) -> Reply {
    let mut state = list.state();
    let (key, member) = known(&state, email)?;
    if member.state == to || member.state == State::Deleted {
        return Err(refusal(203));
    }
    state.members.set_state(key, to, call.now);
    Answer::empty()
}
