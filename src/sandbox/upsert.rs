//! Adding or updating one person: the rules that imports and single adds share.

use std::borrow::Cow;

use super::address::{Key, is_mobile_number, is_valid};
use super::client::Contacts;
use super::fields::{DataType, Field, Fields, truncate};
use super::list::ListState;
use super::member::{EMAIL, MOBILE, Member, NAME, Slot, State, Texts};
use super::request::{Consent, FieldValue, Record};
use super::settings::{FieldProblems, Imports, MultiSelectMany, SuppressedNewcomers};

/// A person to add or update.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    pub key: Key,
    pub email: &'a str,
    pub name: Option<&'a str>,
    pub mobile: Option<&'a str>,
    pub fields: &'a [FieldValue<'a>],
    pub track: Consent,
    pub sms: Consent,
}

impl<'a> Person<'a> {
    /// The caller has checked the record's consents.
    pub fn of(key: Key, record: &'a Record<'a>, track: Consent) -> Self {
        Self {
            key,
            email: record.email(),
            name: record.name(),
            mobile: record.mobile(),
            fields: record.fields(),
            track,
            sms: record.sms().unwrap_or(Consent::Unchanged),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    New,
    Existing,
    /// The person had left, or never confirmed, and is active again.
    Resubscribed,
}

/// A list, and the settings and options with which one call adds or updates people on it.
#[derive(Debug)]
pub struct Upsert<'a> {
    pub list: &'a mut ListState,
    pub contacts: &'a mut Contacts,
    pub settings: &'a Imports,
    pub now: i64,
    pub resubscribe: bool,
    /// Added to the person's number of imports.
    pub imports: u32,
}

impl Upsert<'_> {
    /// Stores the person, or returns the code of the rejection and changes nothing.
    pub fn apply(&mut self, person: &Person<'_>) -> Result<Outcome, u16> {
        check_contact(person.email, person.mobile)?;
        let known = self.list.members.get(person.key);
        self.check_state(person.key, known)?;
        let outcome = match known.map(|member| member.state) {
            None => Outcome::New,
            Some(State::Active) => Outcome::Existing,
            Some(_) => Outcome::Resubscribed,
        };
        let texts = merged(&self.list.fields, known, person, self.settings)?;
        let member = self.member(texts, known, outcome, person.sms);
        self.list.members.put(person.key, member);
        self.contacts.suppressed.remove(&person.key);
        self.contacts.record_consent(person.key, person.track);
        Ok(outcome)
    }

    fn check_state(&self, key: Key, known: Option<&Member>) -> Result<(), u16> {
        let suppressed =
            self.list.obeys_suppression() && self.contacts.suppressed.contains_key(&key);
        match known {
            None if suppressed
                && self.settings.suppressed_newcomers == SuppressedNewcomers::Reject =>
            {
                Err(204)
            }
            None => Ok(()),
            Some(_) if self.resubscribe => Ok(()),
            Some(_) if suppressed => Err(204),
            Some(member) => member.state.rejection_code().map_or(Ok(()), Err),
        }
    }

    fn member(
        &self,
        texts: Texts,
        known: Option<&Member>,
        outcome: Outcome,
        sms: Consent,
    ) -> Member {
        let state = match outcome {
            Outcome::New if self.list.about.confirmed_opt_in => State::Unconfirmed,
            _ => State::Active,
        };
        let unchanged = known.filter(|_| outcome == Outcome::Existing);
        Member {
            changed: unchanged.map_or(self.now, |member| member.changed),
            joined: known.map_or(self.now, |member| member.joined),
            imports: known.map_or(0, |member| member.imports) + self.imports,
            sms: sms_consent(sms, known),
            texts,
            state,
        }
    }
}

pub fn sms_consent(sms: Consent, known: Option<&Member>) -> Option<bool> {
    match sms {
        Consent::Yes => Some(true),
        Consent::No => Some(false),
        Consent::Unchanged => known.and_then(|member| member.sms),
    }
}

/// Code 1 for an invalid address, 220 for an invalid telephone number, 221 for both.
pub fn check_contact(email: &str, mobile: Option<&str>) -> Result<(), u16> {
    let mobile = mobile.filter(|number| !number.is_empty());
    match (is_valid(email), mobile.is_none_or(is_mobile_number)) {
        (true, true) => Ok(()),
        (false, true) => Err(1),
        (true, false) => Err(220),
        (false, false) => Err(221),
    }
}

/// The texts to store: new values over old ones; a known address keeps its first spelling.
pub fn merged(
    fields: &Fields,
    known: Option<&Member>,
    person: &Person<'_>,
    settings: &Imports,
) -> Result<Texts, u16> {
    let mut values = Values::of(known, settings);
    for given in person.fields {
        match fields.find(given.key()) {
            Some(field) => values.apply(field, given)?,
            None => values.problem(254)?,
        }
    }
    let values = values.all.iter().map(|(slot, text)| (*slot, text.as_ref()));
    Ok(Texts::pack(contact(known, person).chain(values)))
}

/// Address, name and telephone number, the new ones where they are given.
fn contact<'t>(
    known: Option<&'t Member>,
    person: &Person<'t>,
) -> impl Iterator<Item = (Slot, &'t str)> {
    let email = known.map_or(person.email, Member::email);
    let name = person.name.map(truncate).or_else(|| known.map(Member::name)).unwrap_or_default();
    let mobile = person
        .mobile
        .or_else(|| known.and_then(Member::mobile))
        .filter(|number| !number.is_empty());
    [(EMAIL, email), (NAME, name)].into_iter().chain(mobile.map(|number| (MOBILE, number)))
}

/// The custom field values of one person during an update.
struct Values<'a> {
    all: Vec<(Slot, Cow<'a, str>)>,
    /// Fields with several options whose old options are already removed.
    replaced: Vec<Slot>,
    settings: &'a Imports,
}

impl<'a> Values<'a> {
    fn of(known: Option<&'a Member>, settings: &'a Imports) -> Self {
        let stored = known.into_iter().flat_map(Member::fields);
        let all = stored.map(|(slot, text)| (slot, text.into())).collect();
        Self { all, replaced: Vec::new(), settings }
    }

    fn apply(&mut self, field: &Field, given: &'a FieldValue<'a>) -> Result<(), u16> {
        let value = given.value();
        if given.clears() || (field.data_type == DataType::Date && value == "0000-00-00") {
            self.clear(field, value);
            return Ok(());
        }
        if value.is_empty() {
            return Ok(());
        }
        let kept = truncate(value);
        if kept.len() < value.len() {
            self.problem(259)?;
        }
        match field.accept(kept) {
            Ok(kept) if field.data_type == DataType::MultiSelectMany => {
                self.add_option(field.slot, kept);
            }
            Ok(kept) => self.set(field.slot, kept),
            Err(code) => self.problem(code)?,
        }
        Ok(())
    }

    /// Clears a field; with a value, only that option of several.
    fn clear(&mut self, field: &Field, value: &str) {
        let only_one = field.data_type == DataType::MultiSelectMany && !value.is_empty();
        let removed = |stored: &str| !only_one || stored.eq_ignore_ascii_case(value);
        self.all.retain(|(slot, stored)| *slot != field.slot || !removed(stored));
    }

    fn set(&mut self, slot: Slot, value: Cow<'a, str>) {
        self.all.retain(|(s, _)| *s != slot);
        self.all.push((slot, value));
    }

    fn add_option(&mut self, slot: Slot, option: Cow<'a, str>) {
        if self.settings.multi_select_many == MultiSelectMany::Replace
            && !self.replaced.contains(&slot)
        {
            self.replaced.push(slot);
            self.all.retain(|(s, _)| *s != slot);
        }
        let entry = (slot, option);
        if !self.all.contains(&entry) {
            self.all.push(entry);
        }
    }

    fn problem(&self, code: u16) -> Result<(), u16> {
        match self.settings.field_problems {
            FieldProblems::Ignore => Ok(()),
            FieldProblems::Fail => Err(code),
        }
    }
}
