//! What goes into a custom field of the list, and how the data writes it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::documented::documented_as;
use super::empty::EmptyValue;
use super::field_name::FieldName;
use super::format::ValueFormat;
use super::source::{Constant, SourceForm, Template, ValueSource};
use crate::campaign_monitor::bare;
use crate::schedules::TimeZone;

/// What goes into a custom field of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "CustomFieldForm", into = "CustomFieldForm")]
pub struct CustomFieldMapping {
    /// Where its values come from.
    pub source: ValueSource,
    /// Which custom field of the list is filled.
    pub key: CustomFieldKey,
    /// How the data writes its values.
    pub format: Option<ValueFormat>,
    /// Where its moments become days.
    pub timezone: Option<TimeZone>,
    /// What an empty value does.
    pub if_empty: EmptyValue,
}

documented_as!(CustomFieldMapping, CustomFieldForm);

/// What goes into a custom field of the list: exactly one of `field`, `constant` and `template`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CustomFieldForm {
    /// The field of the profile. Several options of a multi-valued field are separated by `;`, unless `format` says
    /// otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = FieldName, required = false)]
    field: Option<FieldName>,
    /// The same text for every profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Constant, required = false)]
    constant: Option<Constant>,
    /// A text with fields of the profile in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Template, required = false)]
    template: Option<Template>,
    /// Key of the custom field, with or without its brackets.
    #[schema(
        value_type = String,
        min_length = 1,
        max_length = 250,
        pattern = r"^\[?[^\x00\[\]]+\]?$",
        example = "city",
    )]
    key: CustomFieldKey,
    /// How the data writes the values, where the usual form is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = ValueFormat, required = false)]
    format: Option<ValueFormat>,
    /// Where moments become days: before the zone that they name themselves, and before that of the mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = TimeZone, required = false)]
    timezone: Option<TimeZone>,
    /// What an empty value does to the one that the list has.
    #[serde(default, skip_serializing_if = "EmptyValue::is_default")]
    if_empty: EmptyValue,
}

impl TryFrom<CustomFieldForm> for CustomFieldMapping {
    type Error = &'static str;

    fn try_from(form: CustomFieldForm) -> Result<Self, Self::Error> {
        let CustomFieldForm { field, constant, template, key, format, timezone, if_empty } = form;
        let source = ValueSource::try_from(SourceForm { field, constant, template })?;
        Ok(Self { source, key, format, timezone, if_empty })
    }
}

impl From<CustomFieldMapping> for CustomFieldForm {
    fn from(custom: CustomFieldMapping) -> Self {
        let CustomFieldMapping { source, key, format, timezone, if_empty } = custom;
        let SourceForm { field, constant, template } = source.into();
        Self { field, constant, template, key, format, timezone, if_empty }
    }
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
