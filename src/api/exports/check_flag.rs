//! Whether the flag of people who leave fits the list and the mapping.

use super::no_field::no_custom_field;
use crate::campaign_monitor::{CustomField, DataType};
use crate::exports::{LeaverFlag, Leavers, Mapping};
use crate::http::problem::{FieldError, Problem};

const KEY: &str = "/sync/leavers/key";

/// No field of the mapping may fill the flag too: nobody could say which value counts.
pub fn check_flag(leavers: &Leavers, mapping: &Mapping) -> Result<(), Problem> {
    let Leavers::Flag(LeaverFlag { key, inside, outside }) = leavers else { return Ok(()) };
    let key = key.as_str();
    let mut errors = vec![];
    if mapping.custom_fields.iter().any(|field| field.key.as_str().eq_ignore_ascii_case(key)) {
        let message =
            format!("“{key}” is mapped already. Flag people who leave in a field of its own.");
        errors.push(FieldError::new(KEY, "repeatedCustomField", message).with("key", key));
    }
    // Campaign Monitor takes options in any capitals.
    let bare = |value: &str| value.trim().to_lowercase();
    if bare(inside.as_str()) == bare(outside.as_str()) {
        let message =
            "`in` and `out` are the same, so nobody could tell members from people who left.";
        errors.push(FieldError::new("/sync/leavers/out", "sameFlag", message));
    }
    Problem::none_of(errors)
}

/// The list has the field, and it accepts both values: Campaign Monitor drops others silently.
pub fn check_flag_field(leavers: &Leavers, fields: &[CustomField]) -> Result<(), Problem> {
    let Leavers::Flag(flag) = leavers else { return Ok(()) };
    let key = flag.key.as_str();
    let Some(field) = fields.iter().find(|field| field.bare_key().eq_ignore_ascii_case(key)) else {
        return Err(no_custom_field(KEY, key, fields).into());
    };
    match field.data_type {
        DataType::Text | DataType::MultiSelectOne => check_options(flag, field),
        _ => {
            let message = format!(
                "“{key}” must be a text field, or one with options of which one is chosen."
            );
            let error = FieldError::new(KEY, "unsuitedCustomField", message).with("key", key);
            Problem::none_of(vec![error])
        }
    }
}

fn check_options(flag: &LeaverFlag, field: &CustomField) -> Result<(), Problem> {
    if field.data_type == DataType::Text {
        return Ok(());
    }
    let values = [("/sync/leavers/in", &flag.inside), ("/sync/leavers/out", &flag.outside)];
    let unknown = values.into_iter().filter(|(_, value)| {
        !field.field_options.iter().any(|option| option.eq_ignore_ascii_case(value.as_str()))
    });
    let errors = unknown.map(|(pointer, value)| {
        let (value, options) = (value.as_str(), field.field_options.join(", "));
        let message = format!("“{value}” is no option of the field. It has {options}.");
        FieldError::new(pointer, "unknownOption", message)
            .with("value", value)
            .with("options", options)
    });
    Problem::none_of(errors.collect())
}
