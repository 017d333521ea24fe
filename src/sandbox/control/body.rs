//! How the body of a command is read.

use serde::Deserialize;

/// The error says what is wrong with the body.
pub fn read<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}
