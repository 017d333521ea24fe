//! What a caller reads whose mapping names a custom field that the list does not have.

use crate::campaign_monitor::CustomField;
use crate::storage::nearest;

/// Keys of a list that a sentence names.
const KEYS_SHOWN: usize = 20;

/// The sentence for a key of the mapping that the list does not have: which keys it has, and how to create one.
pub fn no_custom_field(key: &str, fields: &[CustomField]) -> String {
    let keys: Vec<_> = fields.iter().map(CustomField::bare_key).collect();
    let near = nearest(key, keys.iter().copied()).map(|near| format!(" {near}"));
    let has = match keys.len() {
        0 => "It has none.".to_owned(),
        1..=KEYS_SHOWN => format!("It has {}.", keys.join(", ")),
        count => {
            format!("It has {} and {} more.", keys[..KEYS_SHOWN].join(", "), count - KEYS_SHOWN)
        }
    };
    let near = near.unwrap_or_default();
    format!(
        "The list has no custom field “{key}”. {has}{near} Create it with `POST …/lists/{{listId}}/fields`, or remove \
         it from the mapping."
    )
}
