//! Whether the formats of a mapping can be read, suit the fields of the list, and are needed.

use crate::campaign_monitor::DataType;
use crate::exports::{CustomFieldMapping, Mapping, MappingFault};
use crate::http::problem::FieldError;
use crate::segments::Segment;

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
    let format = custom.format.as_ref()?;
    let error = || {
        let (name, message) = possible(data_type);
        let error = FieldError::new(at(index, "format"), "unsuitedFormat", message);
        if let Some(name) = name { error.with("dataType", name) } else { error }
    };
    (!format.suits(data_type)).then(error)
}

/// The type, where the sentence names it, and what a format of its fields can be.
const fn possible(data_type: DataType) -> (Option<&'static str>, &'static str) {
    match data_type {
        DataType::Date => (
            Some("Date"),
            "The field has the type Date. Its format is a pattern such as dd/MM/yyyy, or one of excelSerial, \
             epochSeconds and epochMillis.",
        ),
        DataType::Number => (
            Some("Number"),
            "The field has the type Number. Its format is an object with decimal and group, such as \
             `{\"decimal\": \",\", \"group\": \".\"}`.",
        ),
        DataType::MultiSelectMany => (
            Some("MultiSelectMany"),
            "The field has several options. Its format is an object with separator, which is ; or , or | or json.",
        ),
        _ => (None, "Fields of this type have no format. Remove it."),
    }
}

/// Formats of numbers where the data has numbers already.
pub fn needless(mapping: &Mapping, segments: &[Segment]) -> Vec<FieldError> {
    let needless = mapping.needless_formats(segments).into_iter();
    let error = |one: MappingFault| {
        let params = one.params();
        FieldError::new(one.pointer, "needlessFormat", one.why).with_all(params)
    };
    needless.map(error).collect()
}

/// The fields in which a segment has numbers: the mapping has no format for them.
pub fn numbers(segments: &[Segment]) -> impl Iterator<Item = &str> {
    let fields = segments.iter().filter_map(|segment| segment.fields.as_ref());
    let numbers = fields.flat_map(|fields| &fields.items);
    numbers.filter(|field| field.holds_numbers()).map(|field| field.name.as_str())
}

fn at(index: usize, member: &str) -> String {
    format!("/mapping/customFields/{index}/{member}")
}
