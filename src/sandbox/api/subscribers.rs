//! Endpoints about one subscriber of a list: add, read, update, unsubscribe, delete.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::sandbox::address::{Key, is_valid};
use crate::sandbox::call::Call;
use crate::sandbox::client::Contacts;
use crate::sandbox::codes::{ApiError, api_error, unreadable};
use crate::sandbox::fields::Fields;
use crate::sandbox::fields::bracketed;
use crate::sandbox::list::{List, ListState};
use crate::sandbox::member::{EMAIL, Member, State, Texts};
use crate::sandbox::request::{Consent, Record, Text};
use crate::sandbox::settings::{CustomFieldKeys, MissingConsent};
use crate::sandbox::upsert::{Person, Upsert, check_contact, merged, sms_consent};
use crate::sandbox::wire::{Answer, Reply, date_text};

/// Endpoints below `/subscribers/{listid}`.
pub fn route(call: &Call<'_>, method: &str, list_id: &str, rest: &[&str]) -> Reply {
    let list = call.list(list_id)?;
    match (method, rest) {
        ("POST", []) => add(call, &list),
        ("PUT", []) => update(call, &list),
        ("GET", []) => read(call, &list),
        ("DELETE", []) => remove(call, &list, call.query.get("email"), State::Deleted),
        ("POST", ["unsubscribe"]) => unsubscribe(call, &list),
        ("GET", ["history"]) => history(call, &list),
        _ => Err(api_error(404)),
    }
}

#[derive(Debug)]
pub struct ViewOptions<'a> {
    pub fields: &'a Fields,
    pub keys: CustomFieldKeys,
    /// Where the consents to tracking are, if the answer contains them.
    pub tracking: Option<&'a Contacts>,
    /// Whether the answer contains the consent to text messages.
    pub sms: bool,
}

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
    pub fn new(member: &'a Member, options: &ViewOptions<'_>) -> Self {
        let tracked =
            |contacts: &Contacts| !contacts.refused_tracking.contains(&Key::of(member.email()));
        Self {
            email_address: member.email(),
            name: member.name(),
            mobile_number: member.mobile(),
            date: date_text(member.changed),
            list_joined_date: date_text(member.joined),
            state: member.state,
            custom_fields: field_views(member, options),
            reads_email_with: "",
            consent_to_track: options.tracking.map(|contacts| yes_or_no(tracked(contacts))),
            consent_to_send_sms: options.sms.then(|| yes_or_no(member.sms == Some(true))),
        }
    }
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "Yes" } else { "No" }
}

/// The values of fields that still exist.
fn field_views<'a>(member: &'a Member, options: &ViewOptions<'_>) -> Vec<FieldView<'a>> {
    let view = |(slot, value)| {
        let field = options.fields.by_slot(slot)?;
        let key = match options.keys {
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
    let mut upsert = Upsert {
        list: &mut list.state(),
        contacts: &mut list.client.contacts(),
        settings: &call.settings.imports,
        now: call.now,
        resubscribe: record.resubscribe(),
        imports: 0,
    };
    upsert.apply(&Person::of(key, &record, track)).map_err(api_error)?;
    Answer::created(&record.email())
}

/// The record's consent to tracking.
fn consent(call: &Call<'_>, record: &Record<'_>) -> Result<Consent, ApiError> {
    let consent = record.track().and_then(|track| record.sms().map(|_| track));
    match consent {
        Err(400) => Err(unreadable("subscriber")),
        Err(214) if call.settings.imports.missing_consent == MissingConsent::Accept => {
            Ok(Consent::Unchanged)
        }
        other => other.map_err(api_error),
    }
}

/// Code 429 for a person who is added or updated too often.
fn throttle(call: &Call<'_>, key: Key) -> Result<(), ApiError> {
    let most = call.settings.subscribers.changes_per_minute;
    let changes = call.world.recent_changes().count(key, call.now);
    if most > 0 && changes > most { Err(api_error(429)) } else { Ok(()) }
}

/// The person with this address: Code 1 if the address is invalid, 203 if it is not on the list.
fn known<'s>(state: &'s ListState, email: &str) -> Result<(Key, &'s Member), ApiError> {
    if !is_valid(email) {
        return Err(api_error(1));
    }
    let key = Key::of(email);
    let member = state.members.get(key).ok_or_else(|| api_error(203))?;
    Ok((key, member))
}

/// Updates everything that is sent, the address too; only `Resubscribe` makes a person active again.
fn update(call: &Call<'_>, list: &List) -> Reply {
    let record: Record<'_> = call.body_as("subscriber")?;
    let track = consent(call, &record)?;
    let mut state = list.state();
    let (old_key, old) = known(&state, call.query.get("email"))?;
    let new_key = check_new_address(&state, old_key, &record)?;
    throttle(call, old_key)?;
    let person = Person::of(new_key, &record, track);
    let texts =
        merged(&state.fields, Some(old), &person, &call.settings.imports).map_err(api_error)?;
    let resubscribed = record.resubscribe() && old.state != State::Active;
    let member = Member {
        texts: with_email(&texts, record.email()),
        changed: if resubscribed { call.now } else { old.changed },
        state: if resubscribed { State::Active } else { old.state },
        sms: sms_consent(person.sms, Some(old)),
        ..*old
    };
    state.members.rekey(old_key, new_key);
    state.members.put(new_key, member);
    list.client.contacts().record_consent(new_key, track);
    Answer::empty()
}

/// Code 211 for an invalid address, 201 for one that somebody else on the list has.
fn check_new_address(
    state: &ListState,
    old_key: Key,
    record: &Record<'_>,
) -> Result<Key, ApiError> {
    check_contact(record.email(), record.mobile())
        .map_err(|code| api_error(if code == 1 { 211 } else { code }))?;
    let new_key = Key::of(record.email());
    let taken = new_key != old_key && state.members.get(new_key).is_some();
    if taken { Err(api_error(201)) } else { Ok(new_key) }
}

fn with_email(texts: &Texts, email: &str) -> Texts {
    let entry = |(slot, text)| (slot, if slot == EMAIL { email } else { text });
    Texts::pack(texts.entries().map(entry))
}

fn read(call: &Call<'_>, list: &List) -> Reply {
    let state = list.state();
    let (_, member) = known(&state, call.query.get("email"))?;
    let contacts = list.client.contacts();
    let options = ViewOptions {
        fields: &state.fields,
        keys: call.settings.subscribers.custom_field_keys,
        tracking: call.query.is_true("includetrackingpreference").then_some(&*contacts),
        sms: member.mobile().is_some(),
    };
    Answer::ok(&SubscriberView::new(member, &options))
}

/// Empty, because the sandbox sends no campaigns.
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
    let reply = remove(call, list, email, State::Unsubscribed)?;
    if list.state().obeys_suppression() {
        list.client.suppress(email, "Unsubscribed", call.now);
        unsubscribe_elsewhere(call, list, email);
    }
    Ok(reply)
}

/// `AllClientLists`: the person leaves every other list of the client that obeys the suppression list.
fn unsubscribe_elsewhere(call: &Call<'_>, list: &List, email: &str) {
    let key = Key::of(email);
    for other in call.lists_of(&list.client) {
        let mut state = other.state();
        let is_active = state.members.get(key).is_some_and(|member| member.state == State::Active);
        if is_active && state.obeys_suppression() {
            state.members.set_state(key, State::Unsubscribed, call.now);
        }
    }
}

/// Code 203 for a person who has left the list already.
fn remove(call: &Call<'_>, list: &List, email: &str, to: State) -> Reply {
    let mut state = list.state();
    let (key, member) = known(&state, email)?;
    if member.state == to || member.state == State::Deleted {
        return Err(api_error(203));
    }
    state.members.set_state(key, to, call.now);
    Answer::empty()
}
