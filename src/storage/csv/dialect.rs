//! How a CSV file is written, by the source of a segment or a model of Customer Insights.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ArrayBuilder, ObjectBuilder, Type};

use super::encoding::Encoding;

/// How CSV files are written, where that differs from commas, quotes, UTF-8 and a header line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Dialect {
    /// Whether the first line names the columns. Without it `columns` must.
    pub header: bool,
    /// The names of the columns, in order; a header must name the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = column_names)]
    pub columns: Option<Vec<String>>,
    /// What separates values: one ASCII character.
    #[schema(value_type = String, example = ";", max_length = 1, pattern = r#"^[^"\r\n\x00]$"#)]
    pub delimiter: Delimiter,
    /// Of the text, by its name (`utf8`, `utf16le`, `windows-1257` …). A byte order mark in the file counts for more.
    #[schema(value_type = String, example = "windows-1257", max_length = 40, pattern = "^[A-Za-z0-9._:-]+$")]
    pub encoding: Encoding,
    /// Whether values may stand in quotes.
    pub quotes: Quotes,
}

fn column_names() -> Array {
    let name = ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(200))
        .pattern(Some(r"^[^\x00]*$"))
        .examples(["CustomerId"]);
    let description = "The names of the columns, in order; a header must name the same.";
    ArrayBuilder::new().description(Some(description)).items(name).max_items(Some(1000)).build()
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            header: true,
            columns: None,
            delimiter: Delimiter::default(),
            encoding: Encoding::default(),
            quotes: Quotes::Strict,
        }
    }
}

impl Default for Delimiter {
    fn default() -> Self {
        Self(b',')
    }
}

/// What separates values: one of a few characters, never guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Delimiter(pub(super) u8);

impl TryFrom<String> for Delimiter {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_bytes() {
            [byte] if byte.is_ascii() && !b"\"\r\n\0".contains(byte) => Ok(Self(*byte)),
            _ => Err("a delimiter must be one ASCII character, and not a quote or a line break"),
        }
    }
}

impl From<Delimiter> for String {
    fn from(delimiter: Delimiter) -> Self {
        char::from(delimiter.0).to_string()
    }
}

/// Whether values may stand in quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Quotes {
    /// They enclose a value, and may stand nowhere else.
    #[default]
    Strict,
    /// At the beginning of a value they enclose it; elsewhere they are characters like others.
    AfterDelimiter,
    /// They are characters like others everywhere.
    None,
}
