//! Formats of numbers where the data has numbers already: with `.` between thousands, 1.234 would become 1234.

use super::custom_field::CustomFieldMapping;
use super::format::ValueFormat;
use super::mapping::{Mapping, MappingFault};
use crate::campaign_monitor::Notation;
use crate::params::Params;
use crate::segments::Segment;

impl Mapping {
    /// Formats of numbers for fields in which a segment has numbers, some or all, each with the first such field.
    #[must_use]
    pub fn needless_formats<'a>(
        &self,
        segments: impl IntoIterator<Item = &'a Segment>,
    ) -> Vec<MappingFault> {
        let segments: Vec<_> = segments.into_iter().collect();
        let custom = self.custom_fields.iter().enumerate();
        let formatted = custom.filter(|(_, custom)| has_number_format(custom));
        let fault = |(index, custom): (usize, &CustomFieldMapping)| {
            let (_, read) = custom.source.fields();
            let name = read.into_iter().find(|name| has_numbers(&segments, name.as_str()))?;
            let pointer = format!("/mapping/customFields/{index}/format");
            let why = format!(
                "The data has numbers in the field “{}”, and not only texts: they need no format. Remove the format.",
                name.as_str()
            );
            let field = name.as_str().to_owned();
            Some(MappingFault { pointer, why, field, segment: None, others: Params::default() })
        };
        formatted.filter_map(fault).collect()
    }
}

fn has_number_format(custom: &CustomFieldMapping) -> bool {
    matches!(custom.format.as_ref().map(ValueFormat::meaning), Some(Ok(Notation::Number(_))))
}

fn has_numbers(segments: &[&Segment], name: &str) -> bool {
    let fields = segments.iter().filter_map(|segment| segment.fields.as_ref());
    fields.flat_map(|fields| &fields.items).any(|field| field.name == name && field.holds_numbers())
}
