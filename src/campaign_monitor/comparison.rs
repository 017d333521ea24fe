//! Compares very many records with what a list has of them, by hashes.
//!
//! Of a record only those members are compared that it sets: others stay as they are on the list. Which ones they are
//! is its *shape*; the hash of a stored subscriber is made of the members of that shape. What is the same for
//! [`differences`](super::differences) has the same hash here, unless the list has a mobile number that was not sent:
//! then the consent to text messages is not compared.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::error::Error;
use super::lists::CustomField;
use super::stored::{Spelling, UNCHANGED};
use super::subscribers::{FieldText, SubscriberRow, Text};

/// A member of a subscriber: its name, its number, a consent, or a custom field.
type Member = u16;
const NAME: Member = 0;
const MOBILE_NUMBER: Member = 1;
const CONSENT_TO_TRACK: Member = 2;
const CONSENT_TO_SEND_SMS: Member = 3;
const FIRST_FIELD: Member = 4;

/// What a record sets, and to what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentForm {
    /// The members that it sets, in order.
    pub shape: Vec<u16>,
    pub hash: u64,
}

/// Makes hashes of records and of subscribers of one list.
#[derive(Clone, Debug)]
pub struct StoredComparison {
    /// By each way in which the list or an import writes a key.
    by_key: HashMap<String, Member>,
    spellings: Vec<Spelling>,
}

/// The records of an import.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    #[serde(borrow)]
    subscribers: Vec<Record<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Record<'a> {
    #[serde(borrow)]
    email_address: Text<'a>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    mobile_number: Option<Text<'a>>,
    #[serde(borrow, default)]
    custom_fields: Vec<FieldText<'a>>,
    #[serde(borrow, default)]
    consent_to_track: Option<Text<'a>>,
    #[serde(borrow, default)]
    consent_to_send_sms: Option<Text<'a>>,
}

impl StoredComparison {
    /// For a list with these fields.
    #[must_use]
    pub fn of(fields: &[CustomField]) -> Self {
        let mut by_key = HashMap::new();
        for (member, field) in (FIRST_FIELD..).zip(fields) {
            for key in [&field.key, field.bare_key(), &field.field_name] {
                by_key.entry(key.to_ascii_lowercase()).or_insert(member);
                by_key.entry(key.to_owned()).or_insert(member);
            }
        }
        let spellings = fields.iter().map(|field| Spelling::of_type(field.data_type));
        Self { by_key, spellings: spellings.collect() }
    }

    /// The address and the form of each record of an import, in its order.
    pub fn sent(&self, body: &[u8]) -> Result<Vec<(String, SentForm)>, Error> {
        let body: Body<'_> = serde_json::from_slice(body).map_err(|_| Error::Interrupted)?;
        let form =
            |record: &Record<'_>| (record.email_address.as_str().to_owned(), self.form(record));
        Ok(body.subscribers.iter().map(form).collect())
    }

    fn form(&self, record: &Record<'_>) -> SentForm {
        let mut shape = Vec::with_capacity(record.custom_fields.len() + 3);
        let mut values = Values::default();
        let mobile = record.mobile_number.as_ref();
        let has_number = mobile.is_some_and(|number| !number.as_str().is_empty());
        let sms = record.consent_to_send_sms.as_ref().filter(|_| has_number);
        for (member, text) in [
            (NAME, record.name.as_ref()),
            (MOBILE_NUMBER, mobile),
            (CONSENT_TO_TRACK, record.consent_to_track.as_ref()),
            (CONSENT_TO_SEND_SMS, sms),
        ] {
            if let Some(text) = text.filter(|text| text.as_str() != UNCHANGED) {
                shape.push(member);
                values.add(member, text.as_str());
            }
        }
        for field in &record.custom_fields {
            if let Some(member) = self.member(field.key.as_str()) {
                shape.push(member);
                values.add(member, &self.normal(member, &field.value));
            }
        }
        shape.sort_unstable();
        shape.dedup();
        SentForm { shape, hash: values.hash() }
    }

    /// The hash of a subscriber: that of a record of this shape, if the list has what was sent.
    #[must_use]
    pub fn stored(&self, row: &SubscriberRow<'_>, shape: &[u16]) -> u64 {
        let mut values = Values::default();
        let has = |member: Member| shape.binary_search(&member).is_ok();
        for (member, text) in [
            (NAME, &row.name),
            (MOBILE_NUMBER, &row.mobile_number),
            (CONSENT_TO_TRACK, &row.consent_to_track),
            (CONSENT_TO_SEND_SMS, &row.consent_to_send_sms),
        ] {
            if has(member) {
                values.add(member, text.as_str());
            }
        }
        for field in &row.custom_fields {
            if let Some(member) = self.member(field.key.as_str()).filter(|member| has(*member)) {
                values.add(member, &self.normal(member, &field.value));
            }
        }
        values.hash()
    }

    fn member(&self, key: &str) -> Option<Member> {
        let known = self.by_key.get(key).copied();
        known.or_else(|| self.by_key.get(&key.to_ascii_lowercase()).copied())
    }

    /// Nothing stays nothing: it is no zero.
    fn normal<'t>(&self, member: Member, value: &'t Text<'_>) -> Cow<'t, str> {
        let value = value.as_str();
        if value.is_empty() {
            return Cow::Borrowed(value);
        }
        self.spellings[usize::from(member - FIRST_FIELD)].normal_value(value)
    }
}

/// The values of a record, each as a hash: in any order, and each once, however often it is there.
#[derive(Default)]
struct Values(Vec<u64>);

impl Values {
    /// Nothing is the same as no value.
    fn add(&mut self, member: Member, value: &str) {
        if !value.is_empty() {
            self.0.push(xxh3_64_with_seed(value.as_bytes(), u64::from(member) + 1));
        }
    }

    fn hash(mut self) -> u64 {
        self.0.sort_unstable();
        self.0.dedup();
        let step = |hash: u64, value: &u64| xxh3_64_with_seed(&value.to_le_bytes(), hash);
        self.0.iter().fold(0, step)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::differences;
    use super::*;

    fn fields() -> Vec<CustomField> {
        let fields = json!([
            {"FieldName": "Home town", "Key": "[Hometown]", "DataType": "Text"},
            {"FieldName": "Birthday", "Key": "[Birthday]", "DataType": "Date"},
            {"FieldName": "Points", "Key": "[Points]", "DataType": "Number"},
            {"FieldName": "Drinks", "Key": "[Drinks]", "DataType": "MultiSelectMany"}]);
        serde_json::from_value(fields).unwrap()
    }

    /// Whether the list has what was sent: by hashes, and member by member.
    fn is_same(sent: &Value, stored: &Value) -> [bool; 2] {
        let fields = fields();
        let comparison = StoredComparison::of(&fields);
        let body = json!({"Subscribers": [sent]}).to_string();
        let (_, form) = comparison.sent(body.as_bytes()).unwrap().remove(0);
        let mut stored = stored.clone();
        stored["State"] = json!("Active");
        let text = stored.to_string();
        let row: SubscriberRow<'_> = serde_json::from_str(&text).unwrap();
        let by_hash = comparison.stored(&row, &form.shape) == form.hash;
        [by_hash, differences(sent, &stored, &fields).is_empty()]
    }

    #[test]
    fn what_is_the_same_member_by_member_has_the_same_hash() {
        let pair = |key: &str, value: &str| json!({"Key": key, "Value": value});
        let sent = json!({"EmailAddress": "Ann@example.com", "Name": "Ann", "ConsentToTrack": "Unchanged",
            "CustomFields": [pair("Hometown", "Riga"), pair("Birthday", "1990/02/02"), pair("Points", "12.0"),
                pair("Drinks", "Tea"), pair("Drinks", "Cola")]});
        let stored = json!({"EmailAddress": "ann@example.com", "Name": "Ann", "ConsentToTrack": "No",
            "CustomFields": [pair("[Drinks]", "Cola"), pair("[Drinks]", "Tea"), pair("Home town", "Riga"),
                pair("[Birthday]", "1990-02-02"), pair("[points]", "12")]});
        assert_eq!(is_same(&sent, &stored), [true; 2]);
        for (at, value) in [
            ("/Name", json!("Anna")),
            ("/CustomFields/0/Value", json!("Tea")),
            ("/CustomFields/2/Value", json!("riga")),
            ("/CustomFields/3/Value", json!("1990-02-03")),
            ("/CustomFields/4/Value", json!("12.5")),
            ("/CustomFields", json!([])),
        ] {
            let mut other = stored.clone();
            *other.pointer_mut(at).unwrap() = value;
            assert_eq!(is_same(&sent, &other), [false; 2], "{at}");
        }
    }

    #[test]
    fn what_was_not_sent_may_be_anything_and_what_was_cleared_must_be_gone() {
        let sent = json!({"EmailAddress": "ann@example.com", "ConsentToTrack": "Yes",
            "CustomFields": [{"Key": "Points", "Value": "", "Clear": true}]});
        let stored = |fields: Value| {
            json!({"EmailAddress": "ann@example.com", "Name": "Ann",
            "MobileNumber": "+37120000000", "ConsentToTrack": "Yes", "CustomFields": fields})
        };
        let town = json!([{"Key": "[Hometown]", "Value": "Riga"}]);
        assert_eq!(is_same(&sent, &stored(town)), [true; 2]);
        let points = json!([{"Key": "[Points]", "Value": "0"}]);
        assert_eq!(is_same(&sent, &stored(points)), [false; 2]);
    }

    #[test]
    fn a_number_and_its_consent_are_compared_where_they_were_sent() {
        let sent = json!({"EmailAddress": "a@example.com", "MobileNumber": "+37120000000",
            "ConsentToTrack": "Unchanged", "ConsentToSendSms": "Yes"});
        let stored = |sms: &str| {
            json!({"EmailAddress": "a@example.com", "MobileNumber": "+37120000000",
            "ConsentToSendSms": sms})
        };
        assert_eq!(is_same(&sent, &stored("Yes")), [true; 2]);
        assert_eq!(is_same(&sent, &stored("No")), [false; 2]);
        let sent = json!({"EmailAddress": "a@example.com", "ConsentToSendSms": "Yes", "ConsentToTrack": "Unchanged"});
        assert_eq!(is_same(&sent, &json!({"EmailAddress": "a@example.com"})), [true; 2]);
    }
}
