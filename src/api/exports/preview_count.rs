//! Counts what a run would do with each batch, and keeps a few examples.

use std::collections::{BTreeMap, HashSet};

use super::preview_consents::ConsentWordCounts;
use super::preview_problems::{EXAMPLES_MAX, ProblemExamples};
use super::preview_proposals::FormatProposals;
use super::preview_views::{ExampleView, InvalidView, PreviewView, SampleView};
use crate::campaign_monitor::{Consent, ConsentReading, example_slot, put_example};
use crate::records::columns::CUSTOMER_ID_COLUMN;
use crate::records::encoded::{EncodedBatch, only_record};
use crate::records::integers::to_i64;
use crate::records::plan::Plan;
use crate::records::rejection::RejectionCode;
use crate::records::unreadable::UnreadableConsent;
use crate::runs::{FieldWarnings, Rejection, RejectionOutcome};

/// What a mapping can do about the usual mistakes in addresses.
const REPAIR: &str = "With `\"email\": {\"field\": \"…\", \"repair\": true}` in the mapping, a run sends these \
                      addresses without that mistake.";

/// How many records are shown as they would be sent.
const SAMPLE: usize = 10;

/// What a run would do with the batches so far.
pub struct PreviewCount {
    view: PreviewView,
    /// Profiles that are sent, and leave their consent to tracking unchanged.
    pub unchanged_consents: i64,
    invalid: BTreeMap<String, (i64, Vec<ExampleView>)>,
    consent_words: ConsentWordCounts,
    field_warnings: FieldWarnings,
    problems: ProblemExamples,
    proposals: FormatProposals,
}

impl PreviewCount {
    /// For so many rows. Fields with `numbers` can have no format of numbers, so none is proposed.
    /// Counts new and changed profiles where they are compared.
    pub fn new(plan: &Plan, rows: i64, numbers: &HashSet<String>, is_comparing: bool) -> Self {
        let none = is_comparing.then_some(0);
        let view =
            PreviewView { new: none, changed: none, unchanged: none, ..PreviewView::default() };
        Self {
            view,
            unchanged_consents: 0,
            invalid: BTreeMap::new(),
            consent_words: ConsentWordCounts::default(),
            field_warnings: FieldWarnings::default(),
            problems: ProblemExamples::default(),
            proposals: FormatProposals::new(plan, rows, numbers),
        }
    }

    pub fn add(&mut self, batch: &EncodedBatch, plan: &Plan) {
        self.view.selected += batch.rows();
        self.view.usable += to_i64(batch.records.len()) + batch.unchanged;
        self.compare(batch);
        self.view.calls += batch.calls(plan);
        self.field_warnings.add(&batch.field_warnings);
        batch.problems.iter().for_each(|problem| self.problems.add(problem));
        batch.problems.iter().for_each(|problem| self.consent_words.assume(problem));
        self.unchanged_consents += unchanged_consents(batch, plan);
        self.proposals.see(batch, plan);
        self.show(batch, plan);
        for refused in &batch.refused {
            match refused.outcome {
                RejectionOutcome::Duplicate => self.view.duplicate += 1,
                _ => self.add_invalid(refused, unreadable_consents(refused, batch, plan)),
            }
        }
    }

    fn show(&mut self, batch: &EncodedBatch, plan: &Plan) {
        let columns = plan.columns_of(&batch.page);
        let missing = SAMPLE - self.view.sample.len();
        let records = batch.records.iter().take(missing).filter_map(|row| {
            let customer_id = columns.written(CUSTOMER_ID_COLUMN, *row)?.to_owned();
            let sent = only_record(&plan.encode(&batch.page, &[*row]).body).ok()?;
            Some(SampleView { customer_id, sent })
        });
        self.view.sample.extend(records);
    }

    fn compare(&mut self, batch: &EncodedBatch) {
        let changed = to_i64(batch.hashes.iter().filter(|hashes| hashes.is_known).count());
        let new = to_i64(batch.hashes.len()) - changed;
        let sums = [(&mut self.view.new, new), (&mut self.view.changed, changed)];
        for (sum, more) in sums.into_iter().chain([(&mut self.view.unchanged, batch.unchanged)]) {
            *sum = sum.map(|sum| sum + more);
        }
    }

    fn add_invalid(&mut self, refused: &Rejection, consents: Vec<UnreadableConsent>) {
        self.view.invalid += 1;
        self.consent_words.add(&consents);
        let (count, examples) = self.invalid.entry(refused.code.clone()).or_default();
        *count += 1;
        let kept: Vec<_> = examples.iter().map(ExampleView::shown).collect();
        let shown = consents.first().map_or(&refused.email, |consent| &consent.word);
        if let Some(at) = example_slot(&kept, shown, EXAMPLES_MAX) {
            put_example(examples, at, example(refused, consents));
        }
    }

    /// What to do about profiles that are not sent, where more is known than their code says.
    fn remedy(&self, code: &str) -> Option<String> {
        let is = |one: RejectionCode| *code == *one.word();
        let has_usual_mistake = is(RejectionCode::AddressIsLink)
            || is(RejectionCode::AddressWithName)
            || is(RejectionCode::AddressTrailingCharacter);
        if is(RejectionCode::ConsentUnreadable) {
            Some(self.consent_words.message())
        } else {
            has_usual_mistake.then(|| REPAIR.to_owned())
        }
    }

    /// Of which profiles values were counted, where that is not all, in a sentence that begins with a blank.
    fn of_usable(&self) -> String {
        let PreviewView { selected, usable, .. } = self.view;
        match usable {
            all if all == selected => String::new(),
            1 => format!(" This counts only the 1 usable profile of {selected}."),
            _ => format!(" This counts only the {usable} usable profiles of {selected}."),
        }
    }

    pub fn view(mut self, plan: &Plan) -> PreviewView {
        let invalid =
            std::mem::take(&mut self.invalid).into_iter().map(|(code, (count, examples))| {
                InvalidView { message: self.remedy(&code), code, count, examples }
            });
        let invalid_by_code = invalid.collect();
        let of_usable = &self.of_usable();
        let format_proposals = self.proposals.views(plan, of_usable);
        let null_word_proposals = self.problems.null_words(&self.consent_words, of_usable);
        let value_problems =
            self.problems.views(&self.field_warnings, plan, &format_proposals, of_usable);
        PreviewView {
            invalid_by_code,
            value_problems,
            format_proposals,
            null_word_proposals,
            field_warnings: self.field_warnings.fields,
            ..self.view
        }
    }
}

/// A profile that is not sent. What is wrong with a consent stands in its value, and with all in the view of the code.
fn example(refused: &Rejection, consents: Vec<UnreadableConsent>) -> ExampleView {
    let (customer_id, email) = (refused.customer_id.clone(), refused.email.clone());
    let message = consents.is_empty().then(|| refused.message.clone());
    let consent = consents.into_iter().next().map(|consent| (consent.field, consent.word));
    let (field, value) = consent.unzip();
    ExampleView { customer_id, email, message, field, value }
}

/// Profiles of a batch that are sent, and whose consent to tracking stays as the list has it.
fn unchanged_consents(batch: &EncodedBatch, plan: &Plan) -> i64 {
    use ConsentReading::{Assumed, Clear};
    let columns = &plan.columns_of(&batch.page);
    let is_unchanged = |row: &&usize| {
        let [track, _] = plan.consents(columns, **row);
        matches!(track, Clear(Consent::Unchanged) | Assumed(Consent::Unchanged))
    };
    to_i64(batch.records.iter().filter(is_unchanged).count())
}

/// The consents for which a profile of a batch is not sent.
fn unreadable_consents(
    refused: &Rejection,
    batch: &EncodedBatch,
    plan: &Plan,
) -> Vec<UnreadableConsent> {
    if *refused.code != *RejectionCode::ConsentUnreadable.word() {
        return vec![];
    }
    let row = batch.positions.row(refused.position).unwrap_or_default();
    plan.unreadable_consents(&plan.columns_of(&batch.page), row)
}
