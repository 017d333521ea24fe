//! Whether the formats of a mapping can be read, suit the fields of the list, and are needed.

use crate::campaign_monitor::{DataType, Notation};
use crate::exports::{CustomFieldMapping, Mapping, ValueFormat, ValueSource};
use crate::http::problem::FieldError;
use crate::segments::Segment;
use crate::storage::FieldType;

/// A format that nobody can read, and what is possible.
pub fn unreadable(index: usize, custom: &CustomFieldMapping) -> Option<FieldError> {
    let message = custom.format.as_ref()?.meaning().err()?;
    Some(FieldError::new(at(index, "format"), "unreadableFormat", message))
}

/// A format or a zone that is not for fields of this type.
pub fn unsuited(
    index: usize,
    custom: &CustomFieldMapping,
    data_type: DataType,
) -> Option<FieldError> {
    if custom.timezone.is_some() && data_type != DataType::Date {
        let message = "Only a field of type Date has moments. Remove the time zone.";
        return Some(FieldError::new(at(index, "timezone"), "unsuitedFormat", message));
    }
    let format = custom.format.as_ref()?.meaning().ok()?;
    let error = || FieldError::new(at(index, "format"), "unsuitedFormat", possible(data_type));
    (!format.suits(data_type)).then(error)
}

/// What a format of a field of this type can be.
const fn possible(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Date => {
            "The field has the type Date. Its format is a pattern such as dd/MM/yyyy, or one of excelSerial, \
             epochSeconds and epochMillis."
        }
        DataType::Number => {
            "The field has the type Number. Its format is an object with decimal and group, such as {\"decimal\": \
             \",\", \"group\": \".\"}."
        }
        DataType::MultiSelectMany => {
            "The field has several options. Its format is an object with separator, which is ; or , or | or json."
        }
        _ => "Fields of this type have no format. Remove it.",
    }
}

/// Formats of numbers where the data has numbers already: with `.` between thousands, 1.234 would become 1234.
pub fn needless(mapping: &Mapping, segments: &[Segment]) -> Vec<FieldError> {
    let custom = mapping.custom_fields.iter().enumerate();
    let needless = custom.filter(|(_, custom)| is_number(custom, segments));
    let error = |(index, _)| {
        let message =
            "The data has numbers in this field, not texts: they need no format. Remove it.";
        FieldError::new(at(index, "format"), "needlessFormat", message)
    };
    needless.map(error).collect()
}

fn is_number(custom: &CustomFieldMapping, segments: &[Segment]) -> bool {
    let ValueSource::Field(name) = &custom.source else { return false };
    let is_formatted =
        matches!(custom.format.as_ref().map(ValueFormat::meaning), Some(Ok(Notation::Number(_))));
    is_formatted && numbers(segments).any(|field| field == name.as_str())
}

/// The fields in which a segment has numbers: the mapping has no format for them.
pub fn numbers(segments: &[Segment]) -> impl Iterator<Item = &str> {
    let fields = segments.iter().filter_map(|segment| segment.fields.as_ref());
    let numbers = fields.flat_map(|fields| &fields.items);
    numbers.filter(|field| field.r#type == FieldType::Number).map(|field| field.name.as_str())
}

fn at(index: usize, member: &str) -> String {
    format!("/mapping/customFields/{index}/{member}")
}
