//! The fields that the members of a segment have.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The field that identifies a member; unique within a segment.
pub(crate) const CUSTOMER_ID: &str = "CustomerId";

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum FieldType {
    /// Text of any Unicode characters, the form in which all values are read.
    String,
    /// A whole or decimal number.
    Number,
    /// True or false.
    Boolean,
    /// A day or a moment.
    Date,
}

/// A field that the members of a segment have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// As written in the data; case matters.
    #[schema(example = "Email")]
    pub name: String,
    /// The type of all its values; text where they have several, or where none can be mapped.
    pub r#type: FieldType,
    /// Whether some of its values are numbers where others are texts; left out when none are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_numbers: bool,
    /// Why no mapping may use this field, such as lists or bytes; left out when one may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "it holds lists; only single values can be mapped", max_length = 200)]
    pub unmappable: Option<String>,
    /// The first file that has members and not this field, where others have it; left out when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "crm/customers/part-0002.csv", max_length = 4096)]
    pub absent_from: Option<String>,
}

impl Field {
    /// A field that a mapping may use.
    #[must_use]
    pub fn new(name: impl Into<String>, r#type: FieldType) -> Self {
        Self { name: name.into(), r#type, has_numbers: false, unmappable: None, absent_from: None }
    }

    /// A field whose values are not read.
    pub(super) fn unmappable(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self { unmappable: Some(why.into()), ..Self::new(name, FieldType::String) }
    }

    /// Whether some of its values, or all, are numbers as they are stored and not texts that look like them.
    #[must_use]
    pub fn holds_numbers(&self) -> bool {
        self.has_numbers || self.r#type == FieldType::Number
    }

    /// Whether a mapping may use it.
    #[must_use]
    pub const fn is_mappable(&self) -> bool {
        self.unmappable.is_none()
    }
}
