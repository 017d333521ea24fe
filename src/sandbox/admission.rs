//! Who gets on a list, and with which values: the rules that imports and single adds share.

use std::borrow::Cow;

use super::address::{Key, is_mobile_number, is_valid};
use super::client::Book;
use super::fields::{DataType, Field, Fields, cut};
use super::list::ListState;
use super::member::{EMAIL, MOBILE, Member, NAME, Slot, State, Texts};
use super::request::{Consent, FieldValue, Record};
use super::settings::{FieldProblems, Imports, MultiSelectMany, SuppressedNewcomers};

/// A person who is to be added or updated.
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
    /// The person whom a record describes; its consents are checked before.
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

/// How someone got on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    New,
    Existing,
    /// Someone who had left, or never confirmed, is active again.
    Resubscribed,
}

/// Everything that decides about people who come to one list.
#[derive(Debug)]
pub struct Door<'a> {
    pub list: &'a mut ListState,
    pub book: &'a mut Book,
    pub settings: &'a Imports,
    pub now: i64,
    pub resubscribe: bool,
    /// What this visit adds to the person's count of imports.
    pub imports: u32,
}

impl Door<'_> {
    /// Lets a person in, or answers the code of the refusal; a refused person is left as they were.
    pub fn admit(&mut self, person: &Person<'_>) -> Result<Admission, u16> {
        check_contact(person.email, person.mobile)?;
        let known = self.list.members.get(person.key);
        self.check_state(person.key, known)?;
        let admission = match known.map(|member| member.state) {
            None => Admission::New,
            Some(State::Active) => Admission::Existing,
            Some(_) => Admission::Resubscribed,
        };
        let texts = merged(&self.list.fields, known, person, self.settings)?;
        let member = self.member(texts, known, admission, person.sms);
        self.list.members.put(person.key, member);
        self.book.suppressed.remove(&person.key);
        self.book.note_consent(person.key, person.track);
        Ok(admission)
    }

    fn check_state(&self, key: Key, known: Option<&Member>) -> Result<(), u16> {
        let suppressed = self.list.obeys_suppression() && self.book.suppressed.contains_key(&key);
        match known {
            None if suppressed
                && self.settings.suppressed_newcomers == SuppressedNewcomers::Reject =>
            {
                Err(204)
            }
            None => Ok(()),
            Some(_) if self.resubscribe => Ok(()),
            Some(_) if suppressed => Err(204),
            Some(member) => member.state.refusal().map_or(Ok(()), Err),
        }
    }

    fn member(
        &self,
        texts: Texts,
        known: Option<&Member>,
        admission: Admission,
        sms: Consent,
    ) -> Member {
        let state = match admission {
            Admission::New if self.list.about.confirmed_opt_in => State::Unconfirmed,
            _ => State::Active,
        };
        let unchanged = known.filter(|_| admission == Admission::Existing);
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

/// Refuses what is no address (Code 1), no telephone number (220), or neither (221).
pub fn check_contact(email: &str, mobile: Option<&str>) -> Result<(), u16> {
    let mobile = mobile.filter(|number| !number.is_empty());
    match (is_valid(email), mobile.is_none_or(is_mobile_number)) {
        (true, true) => Ok(()),
        (false, true) => Err(1),
        (true, false) => Err(220),
        (false, false) => Err(221),
    }
}

/// What is stored of a person after the new values came over the old ones.
///
/// The address of someone known keeps its first spelling.
pub fn merged(
    fields: &Fields,
    known: Option<&Member>,
    person: &Person<'_>,
    settings: &Imports,
) -> Result<Texts, u16> {
    let mut values = Values {
        all: known
            .into_iter()
            .flat_map(Member::fields)
            .map(|(slot, text)| (slot, text.into()))
            .collect(),
        replaced: Vec::new(),
        settings,
    };
    for given in person.fields {
        match fields.find(given.key()) {
            Some(field) => values.apply(field, given)?,
            None => values.problem(254)?,
        }
    }
    let email = known.map_or(person.email, Member::email);
    let name = person.name.map(cut).or_else(|| known.map(Member::name)).unwrap_or_default();
    let mobile = person
        .mobile
        .or_else(|| known.and_then(Member::mobile))
        .filter(|number| !number.is_empty());
    let head =
        [(EMAIL, email), (NAME, name)].into_iter().chain(mobile.map(|number| (MOBILE, number)));
    let values = values.all.iter().map(|(slot, text)| (*slot, text.as_ref()));
    Ok(Texts::pack(head.chain(values)))
}

/// The custom field values of one person while they change.
struct Values<'a> {
    all: Vec<(Slot, Cow<'a, str>)>,
    /// Fields with several options whose old options have gone already.
    replaced: Vec<Slot>,
    settings: &'a Imports,
}

impl<'a> Values<'a> {
    fn apply(&mut self, field: &Field, given: &'a FieldValue<'a>) -> Result<(), u16> {
        let value = given.value();
        if given.clears() || (field.data_type == DataType::Date && value == "0000-00-00") {
            self.clear(field, value);
            return Ok(());
        }
        if value.is_empty() {
            return Ok(());
        }
        let kept = cut(value);
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

    /// Empties a field; of several options, only the one that is named, if one is named.
    fn clear(&mut self, field: &Field, value: &str) {
        let only_one = field.data_type == DataType::MultiSelectMany && !value.is_empty();
        let goes = |stored: &str| !only_one || stored.eq_ignore_ascii_case(value);
        self.all.retain(|(slot, stored)| *slot != field.slot || !goes(stored));
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
