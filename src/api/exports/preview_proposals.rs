//! Formats that are proposed for the fields of which values could not be sent.

use std::collections::HashSet;

use super::preview_views::{FormatProposalView, FormatReadingView};
use crate::campaign_monitor::{
    Candidates, Form, Proposal, ProposedFormat, ProposedReading, Target,
};
use crate::records::encoded::EncodedBatch;
use crate::records::plan::Plan;

/// For each custom field that may have a format, which ones its values fit.
pub struct FormatProposals(Vec<(usize, Candidates)>);

impl FormatProposals {
    /// Fields with `numbers` can have no format of numbers: saving would refuse it.
    pub fn new(plan: &Plan, rows: i64, numbers: &HashSet<String>) -> Self {
        let candidates = plan.custom_fields().iter().enumerate().filter_map(|(index, custom)| {
            let (field, _) = plan.names.get(Target::CustomField(index));
            let is_number = matches!(custom.form, Form::Number(_)) && numbers.contains(field);
            let all = Candidates::of(&custom.form, rows).filter(|_| !is_number);
            Some((index, all?))
        });
        Self(candidates.collect())
    }

    /// Reads the values of a batch in every format.
    pub fn see(&mut self, batch: &EncodedBatch, plan: &Plan) {
        let columns = &plan.columns_of(&batch.page);
        for (index, candidates) in &mut self.0 {
            for row in &batch.records {
                if let Some(value) = plan.custom_value(*index, columns, *row) {
                    candidates.see(&value);
                }
            }
        }
    }

    /// `of_usable` says of which profiles the values are.
    pub fn views(&self, plan: &Plan, of_usable: &str) -> Vec<FormatProposalView> {
        let view = |(index, candidates): &(usize, Candidates)| {
            let (field, key) = plan.names.get(Target::CustomField(*index));
            Some(view(field, key, candidates.proposal()?, of_usable))
        };
        self.0.iter().filter_map(view).collect()
    }
}

fn view(field: &str, key: &str, proposal: Proposal, of_usable: &str) -> FormatProposalView {
    let message = message(if field.is_empty() { key } else { field }, &proposal);
    let reading =
        |ProposedReading { format, value, sent }| FormatReadingView { format, value, sent };
    FormatProposalView {
        field: field.to_owned(),
        key: key.to_owned(),
        values: proposal.values,
        fitting: proposal.fitting,
        formats: proposal.formats.into_iter().map(reading).collect(),
        message: message + of_usable,
    }
}

/// How many values fit which formats, and what to do.
fn message(field: &str, proposal: &Proposal) -> String {
    let Proposal { values, fitting, present, misfits, formats } = proposal;
    let names: Vec<_> = formats.iter().map(|reading| name(reading.format)).collect();
    let names = names.join(" and ");
    let what = if formats.len() == 1 {
        "If that is meant, set it as the `format` of the field."
    } else {
        "Nobody but you can know which is meant: set that as the `format` of the field."
    };
    let rest = values - fitting;
    if rest == 0 {
        return format!("All values of “{field}” fit {names}. {what}");
    }
    let do_not = if rest == 1 { "does not" } else { "do not" };
    let such = quoted(misfits);
    let now = match present {
        0 => String::new(),
        1 => " As the mapping is now, 1 is sent.".to_owned(),
        sent => format!(" As the mapping is now, {sent} are sent."),
    };
    let partial = if proposal.is_partial() {
        format!("No format fits nearly all values of “{field}”. ")
    } else {
        String::new()
    };
    format!(
        "{partial}{fitting} of {values} values of “{field}” fit {names}; {rest} {do_not}, such as {such}, and would \
         not be sent.{now} {what}"
    )
}

fn quoted(values: &[String]) -> String {
    let quoted: Vec<_> = values.iter().map(|value| format!("“{value}”")).collect();
    quoted.join(", ")
}

/// As the mapping has it.
fn name(format: ProposedFormat) -> String {
    let json = serde_json::to_value(format).unwrap_or_default();
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::campaign_monitor::Reading;

    fn said(values: &[&str]) -> String {
        let field = json!({"FieldName": "P", "Key": "[P]", "DataType": "Number"});
        let form = Form::of(&serde_json::from_value(field).unwrap(), Reading::default());
        let mut candidates = Candidates::of(&form, 100).unwrap();
        for value in values {
            candidates.see(value);
        }
        message("Pirkumi", &candidates.proposal().unwrap())
    }

    #[test]
    fn people_read_how_many_values_fit_and_that_a_format_is_partial() {
        let format = r#"{"decimal":",","group":" "}"#;
        let what = "If that is meant, set it as the `format` of the field.";
        assert_eq!(said(&["1 234,5"]), format!("All values of “Pirkumi” fit {format}. {what}"));
        assert_eq!(
            said(&[&["1 234,5"; 9][..], &["€ 9"]].concat()),
            format!(
                "9 of 10 values of “Pirkumi” fit {format}; 1 does not, such as “€ 9”, and would not be sent. {what}"
            )
        );
        assert_eq!(
            said(&[&["1 234,5"; 5][..], &["€ 9", "9 EUR", "7"]].concat()),
            format!(
                "No format fits nearly all values of “Pirkumi”. 6 of 8 values of “Pirkumi” fit {format}; 2 do not, \
                 such as “€ 9”, “9 EUR”, and would not be sent. As the mapping is now, 1 is sent. {what}"
            )
        );
    }
}
