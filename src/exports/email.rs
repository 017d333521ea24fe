//! Where the e-mail address comes from, and whether its usual mistakes are removed.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::field_name::FieldName;
use crate::wire::text_or_object;

/// Where the e-mail address comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum EmailMapping {
    /// The field that holds it.
    Field(FieldName),
    /// The field, and what to do with the usual mistakes.
    Repaired(EmailSource),
}

impl<'de> Deserialize<'de> for EmailMapping {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "the name of a field, or {\"field\": …, \"repair\": …}";
        text_or_object(deserializer, expected, Self::Field, Self::Repaired)
    }
}

/// The field of the e-mail address, and what to do with the usual mistakes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailSource {
    /// The field that holds it.
    pub field: FieldName,
    /// Whether `mailto:`, a name with angle brackets, and a dot, comma or semicolon at the end are removed. The
    /// address is sent, with the value problem `repaired`. Without it such profiles are `invalid`.
    #[serde(default)]
    pub repair: bool,
}

impl EmailMapping {
    /// The field that holds the address.
    #[must_use]
    pub const fn field(&self) -> &FieldName {
        match self {
            Self::Field(field) => field,
            Self::Repaired(source) => &source.field,
        }
    }

    /// Whether the usual mistakes are removed.
    #[must_use]
    pub const fn repairs(&self) -> bool {
        matches!(self, Self::Repaired(EmailSource { repair: true, .. }))
    }

    /// Where the field stands below the address.
    pub(super) const fn pointer(&self) -> &'static str {
        match self {
            Self::Field(_) => "",
            Self::Repaired(_) => "/field",
        }
    }
}
