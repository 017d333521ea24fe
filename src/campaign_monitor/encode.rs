//! Writes the records of an import straight from the columns of a page: no row is copied on the way.
//!
//! The shape is that of `POST /subscribers/{listid}/import.json` in API v3.3. `ConsentToTrack` is
//! always there; empty values are left out, so that what the list has stays, and so is an unchanged `ConsentToSendSms`.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::address;
use super::consent::{Consent, ConsentReading};
use super::layout::{ConsentSource, IfEmpty, Layout, NameColumns};
use super::problem::{Misfit, ProblemCode, Target};
use super::source::{Cells, Source};
use super::tally::{Tally, TargetTally};
use super::values::{Fit, Form, VALUE_CHARS_MAX, mobile_number};

/// Bytes of an average record, to start with enough room.
const RECORD_BYTES: usize = 320;

/// The members of a record outside the custom fields of which a value may not fit.
pub const EMAIL_ADDRESS: &str = "EmailAddress";
pub const NAME: &str = "Name";
pub const MOBILE_NUMBER: &str = "MobileNumber";
pub const CONSENT_TO_TRACK: &str = "ConsentToTrack";
pub const CONSENT_TO_SEND_SMS: &str = "ConsentToSendSms";

/// An import that is ready to be sent.
#[derive(Debug, Default)]
pub struct Encoded {
    pub body: Bytes,
    /// Where each record is in the body.
    pub records: Vec<Range<usize>>,
    /// Values that could not be sent as they are, in the order of rows. Not all of very many.
    pub misfits: Vec<Misfit>,
    /// The parts of a subscriber that had any value.
    pub targets: Vec<TargetTally>,
}

/// The import of these rows of a page.
///
/// # Panics
/// Never: text always serializes.
pub fn encode(layout: &Layout, page: &dyn Cells, rows: &[usize]) -> Encoded {
    let tally = Tally::of(layout.custom_fields.len());
    let body = Body { layout, page, tally: &tally };
    let mut bytes = Vec::with_capacity(rows.len() * RECORD_BYTES);
    bytes.extend_from_slice(br#"{"Subscribers":["#);
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        if !records.is_empty() {
            bytes.push(b',');
        }
        let start = bytes.len();
        let record = Record { body: &body, row: *row };
        serde_json::to_writer(&mut bytes, &record).expect("text always serializes");
        records.push(start..bytes.len());
    }
    bytes.extend_from_slice(after_records(layout).as_bytes());
    let (misfits, targets) = tally.finish();
    Encoded { body: bytes.into(), records, misfits, targets }
}

/// What a body has behind its records.
fn after_records(layout: &Layout) -> String {
    let resubscribe = layout.resubscribe;
    let responders = r#""QueueSubscriptionBasedAutoResponders":false,"RestartSubscriptionBasedAutoresponders":false"#;
    format!(r#"],"Resubscribe":{resubscribe},{responders}}}"#)
}

struct Body<'a> {
    layout: &'a Layout,
    page: &'a dyn Cells,
    tally: &'a Tally,
}

struct Record<'a> {
    body: &'a Body<'a>,
    row: usize,
}

impl Record<'_> {
    fn get(&self, column: usize) -> Option<&str> {
        self.body.page.get(column, self.row)
    }

    fn read<'a>(&'a self, source: &'a Source) -> Option<Cow<'a, str>> {
        source.read(self.body.page, self.row)
    }

    /// The number to send: an empty one removes that of the list, and one that is a problem never does.
    fn mobile_number(&self) -> Option<String> {
        let mobile = self.body.layout.mobile_number.as_ref()?;
        let Some(text) = self.read(&mobile.source) else {
            return (mobile.if_empty == IfEmpty::Clear).then(String::new);
        };
        let is_doubtful = mobile.source.is_doubtful(self.body.page, self.row);
        let number = mobile_number(&text, mobile.country).filter(|_| !is_doubtful);
        let target = Target::MobileNumber;
        if number.is_some() {
            self.body.tally.sent(target);
        } else {
            let code = ProblemCode::NotAPhoneNumber;
            self.body.tally.misfit(self.row, target, code, &text, None);
        }
        number
    }

    /// The address to send. A row without one does not come here.
    fn email(&self) -> Cow<'_, str> {
        let (email, Body { page, tally, .. }) = (self.body.layout.email, self.body);
        let text = self.get(email.column).unwrap_or_default();
        if !email.repair || address::check(text).is_ok() {
            return address::sent(text);
        }
        let address = email.read(*page, self.row).unwrap_or_default();
        tally.misfit(self.row, Target::Email, ProblemCode::Repaired, text, Some(&address));
        address
    }

    /// A first and a last name that need no cut: the usual case, in which nothing is copied.
    fn short_parts(&self) -> Option<(&str, &str)> {
        let NameColumns::Parts(first, last) = self.body.layout.name else { return None };
        let parts = self.get(first).zip(self.get(last));
        parts.filter(|(first, last)| first.len() + last.len() < VALUE_CHARS_MAX)
    }

    /// The name to send, cut as Campaign Monitor would cut it.
    fn name(&self) -> Option<Cow<'_, str>> {
        let name = match &self.body.layout.name {
            NameColumns::None => None,
            NameColumns::Full(source) => self.read(source),
            NameColumns::Parts(first, last) => match (self.get(*first), self.get(*last)) {
                (Some(first), Some(last)) => Some(Cow::Owned(format!("{first} {last}"))),
                (name, None) | (None, name) => name.map(Cow::Borrowed),
            },
        }?;
        let Fit::Cut(sent) = Form::Text.fit(&name) else { return Some(name) };
        self.body.tally.misfit(self.row, Target::Name, ProblemCode::Cut, &name, Some(sent));
        Some(Cow::Owned(sent.to_owned()))
    }

    /// What is sent of a consent. A row with one that nobody can read does not come here.
    fn consent(&self, source: &ConsentSource, target: Target) -> Consent {
        let Body { page, tally, .. } = self.body;
        match source.read(*page, self.row) {
            ConsentReading::Clear(consent) => {
                if consent != Consent::Unchanged {
                    tally.sent(target);
                }
                consent
            }
            ConsentReading::Assumed(consent) => {
                let (text, sent) = (source.text(*page, self.row), Some(consent.word()));
                tally.misfit(self.row, target, ProblemCode::ConsentUnreadable, text, sent);
                consent
            }
            ConsentReading::Unreadable => Consent::No,
        }
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let layout = self.body.layout;
        let mut record = serializer.serialize_map(None)?;
        record.serialize_entry(EMAIL_ADDRESS, &self.email())?;
        if let Some((first, last)) = self.short_parts() {
            record.serialize_entry(NAME, &Joined(first, last))?;
        } else if let Some(name) = self.name() {
            record.serialize_entry(NAME, &name)?;
        }
        if let Some(number) = self.mobile_number() {
            record.serialize_entry(MOBILE_NUMBER, &number)?;
        }
        if !layout.custom_fields.is_empty() {
            record.serialize_entry("CustomFields", &CustomFields(self))?;
        }
        let tracking = self.consent(&layout.consent_to_track, Target::ConsentToTrack);
        record.serialize_entry(CONSENT_TO_TRACK, tracking.word())?;
        let sms = self.consent(&layout.consent_to_send_sms, Target::ConsentToSendSms);
        if sms != Consent::Unchanged {
            record.serialize_entry(CONSENT_TO_SEND_SMS, sms.word())?;
        }
        record.end()
    }
}

/// A first and a last name, joined without a copy.
struct Joined<'a>(&'a str, &'a str);

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{} {}", self.0, self.1))
    }
}

struct CustomFields<'a>(&'a Record<'a>);

impl Serialize for CustomFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_seq(None)?;
        let Record { body: Body { tally, layout, .. }, row } = self.0;
        for (index, field) in layout.custom_fields.iter().enumerate() {
            let text = self.0.read(&field.source);
            let mut values = text.iter().flat_map(|text| field.form.values(text)).peekable();
            if values.peek().is_none() && field.if_empty == IfEmpty::Clear {
                fields.serialize_element(&Cleared::of(&field.key))?;
            }
            let target = Target::CustomField(index);
            for value in values {
                match field.fit(&value, self.0.body.page, *row) {
                    Fit::Complete(value) => {
                        tally.sent(target);
                        fields.serialize_element(&Pair { key: &field.key, value: &value })?;
                    }
                    Fit::Cut(sent) => {
                        tally.misfit(*row, target, ProblemCode::Cut, &value, Some(sent));
                        fields.serialize_element(&Pair { key: &field.key, value: sent })?;
                    }
                    Fit::Unfit(code) => tally.misfit(*row, target, code, &value, None),
                }
            }
        }
        fields.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Pair<'a> {
    key: &'a str,
    value: &'a str,
}

/// Removes what the list has.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Cleared<'a> {
    key: &'a str,
    value: &'static str,
    clear: bool,
}

impl<'a> Cleared<'a> {
    const fn of(key: &'a str) -> Self {
        Self { key, value: "", clear: true }
    }
}

#[cfg(test)]
mod tests;
