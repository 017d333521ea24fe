//! Where a subscriber's name comes from.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::field_name::FieldName;
use super::source::{Constant, SourceForm, Template, ValueSource};
use crate::wire::text_or_object;

/// Where a subscriber's name comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum NameMapping {
    /// One field holds the name.
    Full(FieldName),
    /// Two fields, joined with a space.
    Parts(NameParts),
    /// A field, a constant or a template.
    Source(ValueSource),
}

impl<'de> Deserialize<'de> for NameMapping {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "the name of a field, or {\"first\": …, \"last\": …}, or {\"template\": …}";
        text_or_object(deserializer, expected, Self::Full, |object: NameObject| object.0)
    }
}

impl NameMapping {
    /// What the name comes from, as people see it.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Full(field) => field.as_str().to_owned(),
            Self::Parts(parts) => format!("{} {}", parts.first.as_str(), parts.last.as_str()),
            Self::Source(source) => source.label(),
        }
    }

    /// Whether the name is made of several fields.
    pub(super) const fn is_composed(&self) -> bool {
        match self {
            Self::Full(_) => false,
            Self::Parts(_) => true,
            Self::Source(source) => source.is_composed(),
        }
    }

    /// The fields it reads, and where they stand below the name.
    pub(super) fn fields(&self) -> Vec<(String, &FieldName)> {
        match self {
            Self::Full(field) => vec![(String::new(), field)],
            Self::Parts(parts) => {
                vec![("/first".into(), &parts.first), ("/last".into(), &parts.last)]
            }
            Self::Source(source) => {
                let (member, fields) = source.fields();
                fields.into_iter().map(|field| (format!("/{member}"), field)).collect()
            }
        }
    }
}

/// Two fields that make a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NameParts {
    /// The field with the first name.
    pub first: FieldName,
    /// The field with the last name.
    pub last: FieldName,
}

/// An object that says where a name comes from.
#[derive(Deserialize)]
#[serde(try_from = "NameForm")]
struct NameObject(NameMapping);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NameForm {
    first: Option<FieldName>,
    last: Option<FieldName>,
    field: Option<FieldName>,
    constant: Option<Constant>,
    template: Option<Template>,
}

impl TryFrom<NameForm> for NameObject {
    type Error = &'static str;

    fn try_from(form: NameForm) -> Result<Self, Self::Error> {
        let NameForm { first, last, field, constant, template } = form;
        let has_source = field.is_some() || constant.is_some() || template.is_some();
        match (first, last) {
            (Some(_), _) | (_, Some(_)) if has_source => {
                Err("a name has first and last, or one of field, constant and template")
            }
            (Some(first), Some(last)) => Ok(Self(NameMapping::Parts(NameParts { first, last }))),
            (Some(_), None) => Err("missing field `last`"),
            (None, Some(_)) => Err("missing field `first`"),
            (None, None) => {
                let source = ValueSource::try_from(SourceForm { field, constant, template })?;
                Ok(Self(NameMapping::Source(source)))
            }
        }
    }
}
