//! An export says which segments go to which list, how, and when. Saving one never runs it.

pub mod store;
pub mod store_planned;
pub mod warnings;

use serde::{Deserialize, Deserializer, Serialize};
use sqlx::types::Json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::campaign_monitor::bare;
use crate::db::{Stamps, Time};
use crate::names::{ConnectionId, DisplayName, ExportId};
use crate::schedules::Schedule;
use crate::wire::text_or_object;

/// Id of a Campaign Monitor list: 32 hex digits, kept in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(try_from = "String")]
#[schema(
    value_type = String,
    min_length = 32,
    max_length = 32,
    pattern = "^[0-9a-fA-F]{32}$",
    example = "a58ee1d3039b8bec838e6d1482a8a965",
)]
pub struct ListId(String);

impl TryFrom<String> for ListId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self(text.to_ascii_lowercase()));
        }
        Err(
            "a list id is 32 hex digits; Campaign Monitor shows it as API Subscriber List ID in the list's settings",
        )
    }
}

impl ListId {
    /// The 32 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Name of a field of a segment, as the data has it: 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, min_length = 1, max_length = 200, pattern = r"^[^\x00]+$", example = "Email")]
pub struct FieldName(String);

impl TryFrom<String> for FieldName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if (1..=200).contains(&text.chars().count()) && !text.contains('\0') {
            return Ok(Self(text));
        }
        Err("the name of a field is 1 to 200 characters")
    }
}

impl FieldName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

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

/// Where the consent to tracking comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ConsentMapping {
    /// The same for every profile.
    Same(ConsentToTrack),
    /// A field of the profile: yes, no, true, false, or empty for unchanged.
    Field(ConsentField),
}

impl<'de> Deserialize<'de> for ConsentMapping {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "yes, no, unchanged, or {\"field\": …}";
        text_or_object(deserializer, expected, Self::Same, Self::Field)
    }
}

/// The field that holds the consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentField {
    /// Its name.
    pub field: FieldName,
}

/// Consent to tracking, as Campaign Monitor takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ConsentToTrack {
    /// May be tracked.
    Yes,
    /// May not be tracked.
    No,
    /// As it was.
    Unchanged,
}

impl Default for ConsentMapping {
    fn default() -> Self {
        Self::Same(ConsentToTrack::Unchanged)
    }
}

impl Mapping {
    /// Every field the mapping reads, with the JSON pointer of the place that names it.
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
        if let ConsentMapping::Field(consent) = &self.consent_to_track {
            fields.push(("/mapping/consentToTrack/field".into(), &consent.field));
        }
        fields
    }
}

/// How the list treats people it knows already. The defaults never harm anybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Options {
    /// Adds people again who unsubscribed, bounced or were deleted.
    pub resubscribe: bool,
}

/// Something about an export that its owner should know before it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Warning {
    /// Stable, camelCase.
    #[schema(example = "doubleOptIn")]
    pub code: String,
    /// In words.
    #[schema(
        example = "“Newsletter” is a double opt-in list: Campaign Monitor mails every new profile a request to confirm."
    )]
    pub message: String,
}

/// An export, as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns are explained in the migration")]
pub struct Export {
    pub id: ExportId,
    pub instance_id: Uuid,
    pub display_name: DisplayName,
    pub connection_id: Option<ConnectionId>,
    pub list_id: ListId,
    pub mapping: Json<Mapping>,
    pub options: Json<Options>,
    pub schedule: Json<Schedule>,
    pub next_planned_utc: Option<Time>,
    #[sqlx(flatten)]
    pub stamps: Stamps,
}
