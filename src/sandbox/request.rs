//! Subscribers as callers send them, read without copying where the text has no escapes.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A JSON string, borrowed from the body where that is possible.
///
/// An `Option<Cow<str>>` would always copy: serde borrows into a bare `Cow` only.
#[derive(Debug)]
pub struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportRequest<'a> {
    #[serde(borrow)]
    pub subscribers: Option<Vec<Record<'a>>>,
    pub resubscribe: Option<bool>,
    /// Vendor libraries use both spellings. The sandbox has no automations: it only checks the type.
    #[serde(
        rename = "QueueSubscriptionBasedAutoResponders",
        alias = "QueueSubscriptionBasedAutoresponders"
    )]
    _queue_autoresponders: Option<bool>,
    #[serde(
        rename = "RestartSubscriptionBasedAutoresponders",
        alias = "RestartSubscriptionBasedAutoResponders"
    )]
    _restart_autoresponders: Option<bool>,
}

/// One subscriber, in an import or alone.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Record<'a> {
    #[serde(borrow)]
    email_address: Option<Text<'a>>,
    #[serde(borrow)]
    name: Option<Text<'a>>,
    #[serde(borrow)]
    mobile_number: Option<Text<'a>>,
    #[serde(borrow)]
    custom_fields: Option<Vec<FieldValue<'a>>>,
    #[serde(borrow)]
    consent_to_track: Option<Text<'a>>,
    #[serde(borrow)]
    consent_to_send_sms: Option<Text<'a>>,
    /// Has an effect only for a single subscriber, not in an import.
    resubscribe: Option<bool>,
}

impl Record<'_> {
    pub fn email(&self) -> &str {
        self.email_address.as_deref().unwrap_or_default()
    }

    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Empty clears the number, absent leaves it as it is.
    pub fn mobile(&self) -> Option<&str> {
        self.mobile_number.as_deref()
    }

    pub fn fields(&self) -> &[FieldValue<'_>] {
        self.custom_fields.as_deref().unwrap_or_default()
    }

    pub fn resubscribe(&self) -> bool {
        self.resubscribe.unwrap_or(false)
    }

    /// Code 214 when it is absent.
    pub fn track(&self) -> Result<Consent, u16> {
        self.consent_to_track.as_deref().ok_or(214).and_then(Consent::parse)
    }

    /// Unchanged when it is absent.
    pub fn sms(&self) -> Result<Consent, u16> {
        self.consent_to_send_sms.as_deref().map_or(Ok(Consent::Unchanged), Consent::parse)
    }
}

/// One value of a custom field; a field with several options occurs several times.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FieldValue<'a> {
    #[serde(borrow)]
    key: Option<Text<'a>>,
    #[serde(borrow)]
    value: Option<Text<'a>>,
    clear: Option<bool>,
}

impl FieldValue<'_> {
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }

    pub fn value(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }

    pub fn clears(&self) -> bool {
        self.clear.unwrap_or(false)
    }
}

impl<'a> FieldValue<'a> {
    /// A value to set, as a command gives it.
    pub fn new(key: &'a str, value: &'a str) -> Self {
        let text = |text| Some(Text(Cow::Borrowed(text)));
        Self { key: text(key), value: text(value), clear: None }
    }
}

/// Consent to tracking or to text messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    Yes,
    No,
    Unchanged,
}

impl Consent {
    /// The case does not matter; "true" and "false" fail to deserialize (Code 400), as users of the API report.
    fn parse(text: &str) -> Result<Self, u16> {
        match text.to_ascii_lowercase().as_str() {
            "yes" => Ok(Self::Yes),
            "no" => Ok(Self::No),
            "unchanged" => Ok(Self::Unchanged),
            "" => Err(214),
            "true" | "false" => Err(400),
            _ => Err(215),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_escapes_is_borrowed() {
        let record: Record =
            serde_json::from_str(r#"{"EmailAddress":"a@example.com","Name":"a\"b"}"#).unwrap();
        assert!(matches!(record.email_address, Some(Text(Cow::Borrowed("a@example.com")))));
        assert_eq!(record.name(), Some("a\"b"));
    }

    #[test]
    fn consent_is_read_in_any_case_and_other_words_have_their_codes() {
        let consent = |json: &str| serde_json::from_str::<Record>(json).unwrap().track();
        assert_eq!(consent(r#"{"ConsentToTrack":"YES"}"#), Ok(Consent::Yes));
        assert_eq!(consent(r#"{"ConsentToTrack":null}"#), Err(214));
        assert_eq!(consent("{}"), Err(214));
        assert_eq!(consent(r#"{"ConsentToTrack":"maybe"}"#), Err(215));
        assert_eq!(consent(r#"{"ConsentToTrack":"true"}"#), Err(400));
    }
}
