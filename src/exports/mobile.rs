//! Where a mobile number comes from.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::documented::documented_as;
use super::empty::EmptyValue;
use super::field_name::FieldName;
use super::source::{Constant, SourceForm, Template, ValueSource};
use crate::wire::text_or_object;

/// Where a mobile number comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum MobileMapping {
    /// The field that holds it.
    Field(FieldName),
    /// A field, a constant or a template, and what an empty number does.
    Source(MobileSource),
}

impl<'de> Deserialize<'de> for MobileMapping {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "the name of a field, or {\"field\": …}";
        text_or_object(deserializer, expected, Self::Field, Self::Source)
    }
}

impl MobileMapping {
    /// What the number is read from.
    #[must_use]
    pub fn source(&self) -> ValueSource {
        match self {
            Self::Field(field) => ValueSource::Field(field.clone()),
            Self::Source(mobile) => mobile.source.clone(),
        }
    }

    /// What an empty number does to the one that the list has.
    #[must_use]
    pub const fn if_empty(&self) -> EmptyValue {
        match self {
            Self::Field(_) => EmptyValue::Keep,
            Self::Source(mobile) => mobile.if_empty,
        }
    }

    /// The fields it reads, and where they stand below the number.
    pub(super) fn fields(&self) -> Vec<(String, &FieldName)> {
        match self {
            Self::Field(field) => vec![(String::new(), field)],
            Self::Source(mobile) => {
                let (member, fields) = mobile.source.fields();
                fields.into_iter().map(|field| (format!("/{member}"), field)).collect()
            }
        }
    }
}

/// A mobile number from exactly one of a field, a constant and a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "MobileForm", into = "MobileForm")]
pub struct MobileSource {
    source: ValueSource,
    if_empty: EmptyValue,
}

documented_as!(MobileSource, MobileForm);

/// A source of a mobile number: exactly one of `field`, `constant` and `template`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MobileForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = FieldName, required = false)]
    field: Option<FieldName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Constant, required = false)]
    constant: Option<Constant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Template, required = false)]
    template: Option<Template>,
    /// What an empty number does to the one that the list has.
    #[serde(default, skip_serializing_if = "EmptyValue::is_default")]
    if_empty: EmptyValue,
}

impl TryFrom<MobileForm> for MobileSource {
    type Error = &'static str;

    fn try_from(form: MobileForm) -> Result<Self, Self::Error> {
        let MobileForm { field, constant, template, if_empty } = form;
        let source = ValueSource::try_from(SourceForm { field, constant, template })?;
        Ok(Self { source, if_empty })
    }
}

impl From<MobileSource> for MobileForm {
    fn from(mobile: MobileSource) -> Self {
        let SourceForm { field, constant, template } = mobile.source.into();
        Self { field, constant, template, if_empty: mobile.if_empty }
    }
}
