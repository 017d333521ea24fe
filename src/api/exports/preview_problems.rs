//! The values that a run could not send as they are: a few examples by field and code, and what to do.

use std::collections::BTreeMap;

use super::preview_consents::ConsentWordCounts;
use super::preview_views::{
    FormatProposalView, NullWordProposalView, ValueExampleView, ValueProblemsView,
};
use crate::campaign_monitor::{ProblemCode, example_slot, is_null_word, put_example};
use crate::records::plan::Plan;
use crate::runs::{FieldWarnings, ValueProblem};

/// Different values shown for each field and code, and profiles for each code: of every kind one, before repeats.
pub(super) const EXAMPLES_MAX: usize = 5;
/// Digits of a number that may lack its country.
const PHONE_DIGITS_MIN: usize = 5;

/// Examples of values that could not be sent as they are.
#[derive(Default)]
pub struct ProblemExamples {
    /// By field, key and code.
    examples: BTreeMap<(String, String, ProblemCode), Vec<ValueExampleView>>,
    null_words: BTreeMap<String, i64>,
    /// The first mobile number that names no country.
    without_country: Option<String>,
}

impl ProblemExamples {
    pub fn add(&mut self, problem: &ValueProblem) {
        if problem.code != ProblemCode::ConsentUnreadable && is_null_word(&problem.value) {
            *self.null_words.entry(problem.value.clone()).or_default() += 1;
        }
        if problem.code == ProblemCode::NotAPhoneNumber && lacks_country(&problem.value) {
            self.without_country.get_or_insert_with(|| problem.value.clone());
        }
        let of = (problem.field.clone(), problem.key.clone(), problem.code);
        let examples = self.examples.entry(of).or_default();
        let known = examples.iter_mut().find(|example| example.value == problem.value);
        if let Some(known) = known {
            known.count += 1;
            return;
        }
        let kept: Vec<_> = examples.iter().map(|example| example.value.as_str()).collect();
        if let Some(at) = example_slot(&kept, &problem.value, EXAMPLES_MAX) {
            put_example(examples, at, example(problem));
        }
    }

    pub fn null_words(
        &self,
        consents: &ConsentWordCounts,
        of_usable: &str,
    ) -> Vec<NullWordProposalView> {
        let view = |(word, count): (&String, &i64)| NullWordProposalView {
            word: word.clone(),
            count: *count,
            message: format!(
                "“{word}” ({}) seems to stand for nothing. If it does, add it to `nullWords` of the mapping: it is \
                 then empty in every field.{}{of_usable}",
                values(*count),
                consents.if_nothing(word)
            ),
        };
        self.null_words.iter().map(view).collect()
    }

    /// Every field and code that was counted, with its examples. `of_usable` says of which profiles the values are.
    pub fn views(
        &mut self,
        counted: &FieldWarnings,
        plan: &Plan,
        proposals: &[FormatProposalView],
        of_usable: &str,
    ) -> Vec<ValueProblemsView> {
        let mut views = vec![];
        for warning in &counted.fields {
            let (field, key) = (&warning.field, &warning.key);
            let has_proposal = proposals.iter().any(|one| one.field == *field && one.key == *key);
            for by in &warning.by_code {
                let of = (field.clone(), key.clone(), by.code);
                let examples = self.examples.remove(&of).unwrap_or_default();
                let name = if field.is_empty() { key } else { field };
                let mut message = what(name, by.code, by.count);
                message += &self.remedy(by.code, plan, has_proposal);
                message += of_usable;
                let (field, key, (code, count)) = (of.0, of.1, (by.code, by.count));
                views.push(ValueProblemsView { field, key, code, count, examples, message });
            }
        }
        views
    }

    fn remedy(&self, code: ProblemCode, plan: &Plan, has_proposal: bool) -> String {
        use ProblemCode::{NotADate, NotANumber, NotAPhoneNumber, UnknownOption};
        match (code, &self.without_country) {
            (NotAPhoneNumber, Some(number)) if !plan.completes_mobile_numbers() => format!(
                " Numbers without a country, such as “{number}”, need `defaultCountry` of the mapping: two letters, \
                 such as LV."
            ),
            (NotADate | NotANumber | UnknownOption, _) if has_proposal => {
                " `formatProposals` names a format that more of the values fit.".to_owned()
            }
            _ => String::new(),
        }
    }
}

fn example(problem: &ValueProblem) -> ValueExampleView {
    ValueExampleView {
        customer_id: problem.customer_id.clone(),
        email: problem.email.clone(),
        value: problem.value.clone(),
        sent: problem.sent.clone(),
        count: 1,
    }
}

fn values(count: i64) -> String {
    if count == 1 { "1 value".to_owned() } else { format!("{count} values") }
}

/// What would happen to the values, and why.
fn what(field: &str, code: ProblemCode, count: i64) -> String {
    let (values, why) = (values(count), why(code));
    match code {
        ProblemCode::Cut => format!("Of {values} of “{field}” the beginning is sent: {why}."),
        ProblemCode::Repaired => {
            format!("{values} of “{field}” are sent without a mistake: {why}.")
        }
        ProblemCode::ConsentUnreadable => {
            format!("For {values} of “{field}” a run sends what `otherwise` says: {why}.")
        }
        _ => format!("A run does not send {values} of “{field}”: {why}."),
    }
}

/// What is wrong with one value, and with several.
const fn why(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::NotADate => {
            "not a date as the `format` of the field says (without one: yyyy-MM-dd)"
        }
        ProblemCode::OutOfRange => "a number or day that Campaign Monitor does not accept",
        ProblemCode::NotANumber => {
            "not a number as the `format` of the field says (without one: 1234.56, or as a `model.json` writes them)"
        }
        ProblemCode::UnknownOption => "no such option in the field on the list",
        ProblemCode::UnknownCountry => "no such country or state in the field on the list",
        ProblemCode::NotAPhoneNumber => "no valid number with its country",
        ProblemCode::Cut => "longer than the field on the list",
        ProblemCode::Repaired => "they were not quite an address",
        ProblemCode::ConsentUnreadable => "neither a yes nor a no",
    }
}

/// Whether a value may be a number that only its own country understands.
fn lacks_country(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let is_number = value.chars().all(|c| c.is_ascii_digit() || " -./()".contains(c));
    is_number && digits >= PHONE_DIGITS_MIN && !value.trim_start().starts_with("00")
}
