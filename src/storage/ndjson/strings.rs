//! Strings of JSON, as they are written in a line.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A string that borrows where it can.
#[derive(Deserialize)]
pub(super) struct JsonString<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// The text of a JSON string that is the value of a field.
pub(super) fn text<'a>(value: &'a RawValue, field: &str) -> Result<Cow<'a, str>, String> {
    let JsonString(text) = serde_json::from_str(value.get())
        .map_err(|_| format!("the string in {field:?} contains an invalid escape"))?;
    if text.contains('\0') {
        return Err(format!("{field:?} contains a zero byte"));
    }
    Ok(text)
}
