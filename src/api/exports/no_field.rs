//! What a caller reads whose mapping names a custom field that the list does not have.

use crate::campaign_monitor::CustomField;
use crate::http::problem::FieldError;
use crate::params::Params;
use crate::storage::nearest;

/// Keys of a list that a sentence names.
const KEYS_SHOWN: usize = 20;

/// A key at `pointer` that the list does not have: which keys it has, and how to create one.
pub fn no_custom_field(pointer: &str, key: &str, fields: &[CustomField]) -> FieldError {
    let keys: Vec<_> = fields.iter().map(CustomField::bare_key).collect();
    let near = nearest(key, keys.iter().copied());
    let (shown, more) = keys.split_at(keys.len().min(KEYS_SHOWN));
    let has = match (shown, more.len()) {
        ([], _) => "It has none.".to_owned(),
        (_, 0) => format!("It has {}.", shown.join(", ")),
        (_, more) => format!("It has {} and {more} more.", shown.join(", ")),
    };
    let hint = near.as_ref().map(|near| format!(" {}", near.sentence)).unwrap_or_default();
    let message = format!(
        "The list has no custom field “{key}”. {has}{hint} Create it with `POST …/lists/{{listId}}/fields`, or remove \
         it from the mapping."
    );
    let mut params = Params::default().with("keys", shown.join(", ")).with("more", more.len());
    if let Some(near) = near {
        params.put("near", near.name);
    }
    FieldError::new(pointer, "unknownCustomField", message).with("key", key).with_all(params)
}
