//! How the body of a command is read.

use serde::Deserialize;

/// The body, or what is wrong with it.
pub fn read<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}
