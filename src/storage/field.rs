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
    /// The type of all its values.
    pub r#type: FieldType,
}
