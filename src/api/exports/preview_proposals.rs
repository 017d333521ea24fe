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

    pub fn views(&self, plan: &Plan) -> Vec<FormatProposalView> {
        let view = |(index, candidates): &(usize, Candidates)| {
            let (field, key) = plan.names.get(Target::CustomField(*index));
            Some(view(field, key, candidates.proposal()?))
        };
        self.0.iter().filter_map(view).collect()
    }
}

fn view(field: &str, key: &str, proposal: Proposal) -> FormatProposalView {
    let message = message(if field.is_empty() { key } else { field }, &proposal);
    let reading =
        |ProposedReading { format, value, sent }| FormatReadingView { format, value, sent };
    FormatProposalView {
        field: field.to_owned(),
        key: key.to_owned(),
        values: proposal.values,
        fitting: proposal.fitting,
        formats: proposal.formats.into_iter().map(reading).collect(),
        message,
    }
}

/// How many values fit which formats, and what to do.
fn message(field: &str, proposal: &Proposal) -> String {
    let Proposal { values, fitting, misfit, formats } = proposal;
    let names: Vec<_> = formats.iter().map(|reading| name(reading.format)).collect();
    let names = names.join(" and ");
    let what = if formats.len() == 1 {
        "If that is meant, set it as the `format` of the field."
    } else {
        "Nobody but you can know which is meant: set that as the `format` of the field."
    };
    let Some(misfit) = misfit else {
        return format!("All values of “{field}” fit {names}. {what}");
    };
    let (rest, do_not) =
        (values - fitting, if values - fitting == 1 { "does not" } else { "do not" });
    format!(
        "{fitting} of {values} values of “{field}” fit {names}; {rest} {do_not}, such as “{misfit}”, and would not be \
         sent. {what}"
    )
}

/// As the mapping has it.
fn name(format: ProposedFormat) -> String {
    let json = serde_json::to_value(format).unwrap_or_default();
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}
