//! Counts what a run would do with each batch, and keeps a few examples.

use std::collections::{BTreeMap, HashSet};

use super::preview_views::{
    ExampleView, FormatProposalView, FormatReadingView, InvalidView, PreviewView, ValueExampleView,
    ValueProblemsView,
};
use crate::campaign_monitor::{Candidates, Form, ProblemCode, Proposal, ProposedFormat, Target};
use crate::records::encoded::EncodedBatch;
use crate::records::integers::to_i64;
use crate::records::plan::Plan;
use crate::runs::{FieldWarnings, Rejection, RejectionOutcome, ValueProblem};

/// Profiles and values shown for each code.
const EXAMPLES_MAX: usize = 3;

/// What a run would do with the batches so far.
pub struct PreviewCount {
    view: PreviewView,
    invalid: BTreeMap<String, (i64, Vec<ExampleView>)>,
    field_warnings: FieldWarnings,
    /// By field, key and code.
    value_examples: BTreeMap<(String, String, ProblemCode), Vec<ValueExampleView>>,
    /// For each custom field that may have a format.
    candidates: Vec<(usize, Candidates)>,
}

impl PreviewCount {
    /// Fields with `numbers` can have no format of numbers, so none is proposed.
    pub fn new(plan: &Plan, numbers: &HashSet<String>) -> Self {
        let candidates = plan.custom_fields().iter().enumerate().filter_map(|(index, custom)| {
            let (field, _) = plan.names.get(Target::CustomField(index));
            let is_number = matches!(custom.form, Form::Number(_)) && numbers.contains(field);
            let all = Candidates::of(&custom.form).filter(|_| !is_number);
            Some((index, all?))
        });
        Self {
            view: PreviewView::default(),
            invalid: BTreeMap::new(),
            field_warnings: FieldWarnings::default(),
            value_examples: BTreeMap::new(),
            candidates: candidates.collect(),
        }
    }

    pub fn add(&mut self, batch: &EncodedBatch, plan: &Plan) {
        self.view.selected += batch.rows();
        self.view.usable += to_i64(batch.records.len());
        self.view.calls += batch.calls(plan);
        self.field_warnings.add(&batch.field_warnings);
        batch.problems.iter().for_each(|problem| self.add_problem(problem));
        self.see(batch, plan);
        for refused in &batch.refused {
            match refused.outcome {
                RejectionOutcome::Duplicate => self.view.duplicate += 1,
                _ => self.add_invalid(refused),
            }
        }
    }

    /// Takes out the formats that some value of the batch does not fit.
    fn see(&mut self, batch: &EncodedBatch, plan: &Plan) {
        let columns = &plan.columns_of(&batch.page);
        for (index, candidates) in &mut self.candidates {
            for row in &batch.records {
                if let Some(value) = plan.custom_value(*index, columns, *row) {
                    candidates.see(&value);
                }
            }
        }
    }

    fn add_invalid(&mut self, refused: &Rejection) {
        self.view.invalid += 1;
        let (count, examples) = self.invalid.entry(refused.code.clone()).or_default();
        *count += 1;
        if examples.len() < EXAMPLES_MAX {
            let (customer_id, email) = (refused.customer_id.clone(), refused.email.clone());
            examples.push(ExampleView { customer_id, email });
        }
    }

    fn add_problem(&mut self, problem: &ValueProblem) {
        let of = (problem.field.clone(), problem.key.clone(), problem.code);
        let examples = self.value_examples.entry(of).or_default();
        if examples.len() < EXAMPLES_MAX {
            examples.push(ValueExampleView {
                customer_id: problem.customer_id.clone(),
                email: problem.email.clone(),
                value: problem.value.clone(),
                sent: problem.sent.clone(),
            });
        }
    }

    pub fn view(mut self, plan: &Plan) -> PreviewView {
        let invalid = std::mem::take(&mut self.invalid).into_iter();
        let invalid =
            invalid.map(|(code, (count, examples))| InvalidView { code, count, examples });
        let invalid_by_code = invalid.collect();
        let format_proposals = self.proposals(plan);
        let value_problems = self.value_problems();
        PreviewView {
            invalid_by_code,
            value_problems,
            format_proposals,
            field_warnings: self.field_warnings.fields,
            ..self.view
        }
    }

    fn value_problems(&mut self) -> Vec<ValueProblemsView> {
        let mut problems = vec![];
        for warning in &self.field_warnings.fields {
            for by in &warning.by_code {
                let (field, key) = (warning.field.clone(), warning.key.clone());
                let of = (field.clone(), key.clone(), by.code);
                let examples = self.value_examples.remove(&of).unwrap_or_default();
                problems.push(ValueProblemsView {
                    field,
                    key,
                    code: by.code,
                    count: by.count,
                    examples,
                });
            }
        }
        problems
    }

    /// Formats for the fields of which values could not be sent.
    fn proposals(&self, plan: &Plan) -> Vec<FormatProposalView> {
        let mut views = vec![];
        for (index, candidates) in &self.candidates {
            let (field, key) = plan.names.get(Target::CustomField(*index));
            let warnings = self.field_warnings.fields.iter();
            let has_problems =
                warnings.clone().any(|warning| warning.field == field && warning.key == key);
            let proposals = candidates.proposals();
            if has_problems && !proposals.is_empty() {
                views.push(proposal(field, key, proposals));
            }
        }
        views
    }
}

fn proposal(field: &str, key: &str, proposals: Vec<Proposal>) -> FormatProposalView {
    let names: Vec<_> = proposals.iter().map(|proposal| name(proposal.format)).collect();
    let names = names.join(" and ");
    let what = if proposals.len() == 1 {
        "If that is meant, set it as the format of the field."
    } else {
        "Nobody but you can know which is meant: set that as the format of the field."
    };
    let reading = |proposal: Proposal| FormatReadingView {
        format: proposal.format,
        value: proposal.value,
        sent: proposal.sent,
    };
    FormatProposalView {
        field: field.to_owned(),
        key: key.to_owned(),
        formats: proposals.into_iter().map(reading).collect(),
        message: format!("All values of “{field}” fit {names}. {what}"),
    }
}

/// As the mapping has it.
fn name(format: ProposedFormat) -> String {
    let json = serde_json::to_value(format).unwrap_or_default();
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}
