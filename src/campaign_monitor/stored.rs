//! What Campaign Monitor stored of a record that was sent: the members of both, compared one by one.
//!
//! It drops unknown keys, values of another form and what is too long without a word: only reading the record back
//! shows it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::lists::{CustomField, DataType, bare};

/// The members of a subscriber beside the custom fields that a record may set.
const MEMBERS: [&str; 5] =
    ["EmailAddress", "Name", "MobileNumber", "ConsentToTrack", "ConsentToSendSms"];
/// A consent that is sent so stays as it is.
pub(super) const UNCHANGED: &str = "Unchanged";

/// A member that is stored otherwise than it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Of the subscriber, or of a custom field without its brackets.
    pub key: String,
    /// Several values of one field are separated by `;`.
    pub sent: String,
    /// `None` when nothing is there.
    pub stored: Option<String>,
}

/// What is stored otherwise than it was sent: a record of an import, and the subscriber as it is read. A list names the
/// fields of a subscriber by their keys or by their names.
#[must_use]
pub fn differences(sent: &Value, stored: &Value, fields: &[CustomField]) -> Vec<Difference> {
    let (sent, stored) = (flat(sent, fields), flat(stored, fields));
    let has_number = [&sent, &stored]
        .iter()
        .any(|record| record.get(MEMBERS[2]).is_some_and(|numbers| !numbers.is_empty()));
    let differs = |(key, values): (String, Values)| {
        let found = stored.get(&key);
        let is_kept = values.iter().any(|value| value == UNCHANGED);
        let spelling = Spelling::of(&key, fields);
        let same = found
            .map_or(values.is_empty(), |found| spelling.normal(found) == spelling.normal(&values));
        // It is recorded with a mobile number only.
        let is_unrecorded = key == MEMBERS[4] && !has_number;
        let difference =
            || Difference { sent: values.join(";"), stored: found.map(|all| all.join(";")), key };
        (!is_kept && !same && !is_unrecorded).then(difference)
    };
    sent.into_iter().filter_map(differs).collect()
}

type Values = Vec<String>;

/// The values of each member, by its name or by the key of the field.
fn flat(record: &Value, fields: &[CustomField]) -> BTreeMap<String, Values> {
    let mut flat: BTreeMap<String, Values> = BTreeMap::new();
    for name in MEMBERS {
        if let Some(text) = record[name].as_str() {
            let values = flat.entry(name.to_owned()).or_default();
            values.extend(Some(text.to_owned()).filter(|text| !text.is_empty()));
        }
    }
    for field in record["CustomFields"].as_array().into_iter().flatten() {
        let values = flat.entry(key_of(&field["Key"], fields)).or_default();
        let text = field["Value"].as_str().unwrap_or_default();
        values.extend(Some(text.to_owned()).filter(|text| !text.is_empty()));
    }
    flat
}

fn key_of(name: &Value, fields: &[CustomField]) -> String {
    let name = bare(name.as_str().unwrap_or_default());
    let is_it = |field: &&CustomField| {
        field.bare_key().eq_ignore_ascii_case(name) || field.field_name.eq_ignore_ascii_case(name)
    };
    fields.iter().find(is_it).map_or(name, CustomField::bare_key).to_owned()
}

/// How one value may be written in several ways.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spelling {
    Exact,
    AnyCase,
    Number,
    Day,
}

impl Spelling {
    fn of(key: &str, fields: &[CustomField]) -> Self {
        match fields.iter().find(|field| field.bare_key() == key) {
            Some(field) => Self::of_type(field.data_type),
            None if key == MEMBERS[0] => Self::AnyCase,
            None => Self::Exact,
        }
    }

    pub(super) const fn of_type(data_type: DataType) -> Self {
        match data_type {
            DataType::Number => Self::Number,
            DataType::Date => Self::Day,
            _ => Self::Exact,
        }
    }

    /// The values in a form in which the same value is the same text.
    fn normal(self, values: &[String]) -> BTreeSet<String> {
        values.iter().map(|value| self.normal_value(value).into_owned()).collect()
    }

    /// One value in that form.
    pub(super) fn normal_value(self, value: &str) -> Cow<'_, str> {
        match self {
            Self::Exact => Cow::Borrowed(value),
            Self::AnyCase => Cow::Owned(value.to_lowercase()),
            Self::Number => Cow::Owned(normal_number(value)),
            Self::Day => Cow::Owned(value.replace('/', "-")),
        }
    }
}

/// A number without a plus and without zeros that say nothing. Not as a float, which has no more than 53 bits.
fn normal_number(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let (integer, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (integer, fraction) = (integer.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if integer.is_empty() && fraction.is_empty() {
        return "0".to_owned();
    }
    format!("{sign}{integer}.{fraction}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields() -> Vec<CustomField> {
        let fields = json!([
            {"FieldName": "Home town", "Key": "[Hometown]", "DataType": "Text"},
            {"FieldName": "Birthday", "Key": "[Birthday]", "DataType": "Date"},
            {"FieldName": "Points", "Key": "[Points]", "DataType": "Number"}]);
        serde_json::from_value(fields).unwrap()
    }

    fn found(sent: &Value, stored: &Value) -> Vec<(String, String, Option<String>)> {
        let found = differences(sent, stored, &fields()).into_iter();
        found.map(|one| (one.key, one.sent, one.stored)).collect()
    }

    #[test]
    fn what_is_stored_in_another_spelling_is_the_same() {
        let sent = json!({"EmailAddress": "Ann@example.com", "ConsentToTrack": "Unchanged",
            "CustomFields": [{"Key": "Hometown", "Value": "Riga"},
            {"Key": "Birthday", "Value": "1990/02/02"}, {"Key": "Points", "Value": "12.0"},
            {"Key": "Drinks", "Value": "Tea"}, {"Key": "Drinks", "Value": "Coffee"},
            {"Key": "Tier", "Value": "", "Clear": true}]});
        let stored = json!({"EmailAddress": "ann@example.com", "ConsentToTrack": "Yes", "State": "Active",
            "CustomFields": [{"Key": "Home town", "Value": "Riga"},
            {"Key": "[Birthday]", "Value": "1990-02-02"}, {"Key": "[Points]", "Value": "12"},
            {"Key": "Drinks", "Value": "Coffee"}, {"Key": "Drinks", "Value": "Tea"}]});
        assert_eq!(found(&sent, &stored), []);
    }

    #[test]
    fn numbers_are_compared_digit_by_digit() {
        let record = |value: &str| json!({"CustomFields": [{"Key": "Points", "Value": value}]});
        for (sent, stored) in
            [("12.0", "12"), ("007", "7"), ("0.5", ".50"), ("-0", "0"), ("5", "+5")]
        {
            assert_eq!(found(&record(sent), &record(stored)), [], "{sent} {stored}");
        }
        for (sent, stored) in [("9007199254740993", "9007199254740992"), ("-1", "1"), ("1.5", "15")]
        {
            assert_eq!(found(&record(sent), &record(stored)).len(), 1, "{sent} {stored}");
        }
    }

    #[test]
    fn a_consent_to_text_messages_counts_only_where_there_is_a_number() {
        let sent = json!({"EmailAddress": "ann@example.com", "ConsentToSendSms": "Yes"});
        let stored = json!({"EmailAddress": "ann@example.com", "MobileNumber": ""});
        assert_eq!(found(&sent, &stored), []);
        let stored = json!({"EmailAddress": "ann@example.com", "MobileNumber": "+37120000000"});
        let lost = ("ConsentToSendSms".to_owned(), "Yes".to_owned(), None);
        assert_eq!(found(&sent, &stored), [lost]);
    }

    #[test]
    fn what_is_lost_or_changed_is_named_with_both_values() {
        let sent = json!({"EmailAddress": "ann@example.com", "Name": "Ann", "ConsentToTrack": "No",
            "CustomFields": [{"Key": "Hometown", "Value": "007"}, {"Key": "Moon", "Value": "full"},
            {"Key": "Birthday", "Value": "1990/02/02"}]});
        let stored = json!({"EmailAddress": "ann@example.com", "Name": "Anna", "ConsentToTrack": "Yes",
            "CustomFields": [{"Key": "Birthday", "Value": "1990-02-01"},
            {"Key": "Home town", "Value": "7"}]});
        let text = |text: &str| text.to_owned();
        assert_eq!(
            found(&sent, &stored),
            [
                (text("Birthday"), text("1990/02/02"), Some(text("1990-02-01"))),
                (text("ConsentToTrack"), text("No"), Some(text("Yes"))),
                (text("Hometown"), text("007"), Some(text("7"))),
                (text("Moon"), text("full"), None),
                (text("Name"), text("Ann"), Some(text("Anna"))),
            ]
        );
    }
}
