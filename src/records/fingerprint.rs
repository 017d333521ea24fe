//! What decides how a record is made of a profile: the mapping, the fields of the list that it fills, whether people
//! come back, and this program.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::campaign_monitor::CustomField;
use crate::exports::Mapping;

/// Rises when a value is read in another way than before, or becomes another one.
const READING: u8 = 2;

/// A hash that differs where the same profile may become another record. Another version of this program counts as
/// another way: then records are compared once, and those that are the same are not sent.
pub(super) fn fingerprint(
    mapping: &Mapping,
    resubscribe: bool,
    list_fields: &[CustomField],
) -> String {
    let is_filled = |field: &&CustomField| {
        let key = field.bare_key();
        mapping.custom_fields.iter().any(|custom| custom.key.as_str().eq_ignore_ascii_case(key))
    };
    let mut filled: Vec<_> = list_fields.iter().filter(is_filled).collect();
    filled.sort_by_key(|field| field.bare_key().to_owned());
    let mut text = format!("{} {READING} {resubscribe} ", env!("CARGO_PKG_VERSION"));
    // Writing to a String does not fail; a mapping always serializes.
    let _ = write!(text, "{} ", serde_json::to_string(mapping).unwrap_or_default());
    for field in filled {
        let CustomField { key, data_type, field_options, .. } = field;
        let _ = write!(text, "{key} {data_type:?} {field_options:?} ");
    }
    hex::encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(mapping: Value, resubscribe: bool, fields: Value) -> String {
        let mapping = serde_json::from_value(mapping).unwrap();
        let fields: Vec<CustomField> = serde_json::from_value(fields).unwrap();
        fingerprint(&mapping, resubscribe, &fields)
    }

    fn field(key: &str, data_type: &str) -> Value {
        json!({"FieldName": key, "Key": format!("[{key}]"), "DataType": data_type})
    }

    #[test]
    fn it_changes_with_what_makes_a_record_and_with_nothing_else() {
        let mapping = json!({"email": "Email", "customFields": [{"field": "City", "key": "city"}]});
        let fields = json!([field("city", "Text"), field("born", "Date")]);
        let same = of(mapping.clone(), false, fields.clone());
        assert_eq!(of(mapping.clone(), false, json!([field("city", "Text")])), same);
        assert_ne!(of(mapping.clone(), true, fields.clone()), same);
        assert_ne!(of(mapping, false, json!([field("city", "Number")])), same);
        let other = json!({"email": "Email", "customFields": [{"field": "City", "key": "born"}]});
        assert_ne!(of(other, false, fields), same);
    }
}
