//! Which fields of a profile become which parts of a subscriber, and whether the segments have them.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::consent::ConsentMapping;
use super::field_name::FieldName;
use crate::campaign_monitor::bare;
use crate::segments::Segment;
use crate::wire::text_or_object;

/// Which fields of a profile become which parts of a subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mapping {
    /// The field that holds the e-mail address.
    pub email: FieldName,
    /// The field, or the two fields, that hold the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<NameMapping>,
    /// The field that holds the mobile number, in E.164 (`+37120000000`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile_number: Option<FieldName>,
    /// Fields that go into custom fields of the list.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub custom_fields: Vec<CustomFieldMapping>,
    /// Whether opens and clicks of these people may be tracked.
    #[serde(default)]
    pub consent_to_track: ConsentMapping,
    /// Whether text messages may be sent to them; recorded with the mobile number only.
    #[serde(default, skip_serializing_if = "ConsentMapping::is_default")]
    pub consent_to_send_sms: ConsentMapping,
}

/// Where a subscriber's name comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum NameMapping {
    /// One field holds the whole name.
    Full(FieldName),
    /// Two fields, joined with a space.
    Parts(NameParts),
}

impl<'de> Deserialize<'de> for NameMapping {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "the name of a field, or {\"first\": …, \"last\": …}";
        text_or_object(deserializer, expected, Self::Full, Self::Parts)
    }
}

/// Two fields that make a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NameParts {
    /// The field with the first name.
    pub first: FieldName,
    /// The field with the last name.
    pub last: FieldName,
}

/// A field that goes into a custom field of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomFieldMapping {
    /// The field of the profile. Several options of a multi-valued field are separated by `;`.
    pub field: FieldName,
    /// Key of the custom field, with or without its brackets.
    #[schema(
        value_type = String,
        min_length = 1,
        max_length = 250,
        pattern = r"^\[?[^\x00\[\]]+\]?$",
        example = "city",
    )]
    pub key: CustomFieldKey,
}

/// Key of a custom field, kept without its brackets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct CustomFieldKey(String);

impl TryFrom<String> for CustomFieldKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let key = bare(&text);
        if (1..=250).contains(&key.chars().count()) && !key.contains('\0') {
            return Ok(Self(key.to_owned()));
        }
        Err("the key of a custom field is 1 to 250 characters")
    }
}

impl CustomFieldKey {
    /// The key, without brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Mapping {
    /// Every field the mapping reads, with the JSON pointer to it.
    #[must_use]
    pub fn fields(&self) -> Vec<(String, &FieldName)> {
        let mut fields = vec![("/mapping/email".to_owned(), &self.email)];
        match &self.name {
            Some(NameMapping::Full(name)) => fields.push(("/mapping/name".into(), name)),
            Some(NameMapping::Parts(parts)) => {
                fields.push(("/mapping/name/first".into(), &parts.first));
                fields.push(("/mapping/name/last".into(), &parts.last));
            }
            None => {}
        }
        if let Some(mobile) = &self.mobile_number {
            fields.push(("/mapping/mobileNumber".into(), mobile));
        }
        for (index, custom) in self.custom_fields.iter().enumerate() {
            fields.push((format!("/mapping/customFields/{index}/field"), &custom.field));
        }
        for (member, consent) in [
            ("consentToTrack", &self.consent_to_track),
            ("consentToSendSms", &self.consent_to_send_sms),
        ] {
            if let ConsentMapping::Field(consent) = consent {
                fields.push((format!("/mapping/{member}/field"), &consent.field));
            }
        }
        fields
    }

    /// Every field that a segment lacks or that cannot be mapped, with the first such segment. A segment that was never
    /// filled lacks none: its fields are unknown.
    #[must_use]
    pub fn missing_from<'a>(
        &'a self,
        segments: impl IntoIterator<Item = &'a Segment>,
    ) -> Vec<MissingField> {
        let segments: Vec<_> = segments.into_iter().collect();
        let missing = |(pointer, field): (String, &'a FieldName)| {
            let why = segments.iter().find_map(|segment| segment.refuses_field(field.as_str()))?;
            Some(MissingField { pointer, why })
        };
        self.fields().into_iter().filter_map(missing).collect()
    }
}

/// A field of the mapping that a segment lacks.
#[derive(Debug)]
pub struct MissingField {
    /// JSON pointer (RFC 6901) to the field.
    pub pointer: String,
    /// Which segment lacks which field, and what it has instead, in sentences.
    pub why: String,
}
