//! What must hold of each mapped value, found out from the profile and the mapping alone.

use std::collections::BTreeSet;

use serde_json::Value;

use super::OPTIONS;
use super::cases::{Case, Profile};
use crate::campaign_monitor::is_invisible;
use crate::records::integers::to_i64;
use crate::runs::{FieldWarnings, ValueProblem};

/// What a run sent of which rows, and what it tells of their values.
pub(super) struct Told {
    pub(super) records: Vec<(usize, Value)>,
    pub(super) refused: BTreeSet<i64>,
    pub(super) problems: Vec<ValueProblem>,
    pub(super) warnings: FieldWarnings,
}

/// What became of the values of one row for one part of a subscriber.
#[derive(Debug, PartialEq)]
struct Outcome {
    sent: usize,
    /// Values that are problems, of which nothing was sent.
    lost: usize,
    cleared: usize,
}

impl Told {
    fn problems_of<'a>(
        &'a self,
        row: usize,
        key: &'a str,
    ) -> impl Iterator<Item = &'a ValueProblem> {
        let is_it = move |one: &&ValueProblem| one.position == to_i64(row) && one.key == key;
        self.problems.iter().filter(is_it)
    }

    fn lost(&self, row: usize, key: &str) -> usize {
        self.problems_of(row, key).filter(|problem| problem.sent.is_none()).count()
    }
}

/// How the mapping reads the cells of a profile.
struct Cells<'a> {
    profile: &'a Profile,
    has_null_word: bool,
}

impl Cells<'_> {
    /// The text of a cell; `None` when it is empty.
    fn get(&self, field: &str) -> Option<&str> {
        let text = self.profile[field].as_deref()?.trim_start_matches("\0\u{fdd0}");
        let is_empty = text.trim().chars().all(is_invisible);
        let is_null_word = self.has_null_word && text.trim() == "NULL";
        (!is_empty && !is_null_word).then_some(text)
    }

    fn is_empty(&self, source: &Value) -> bool {
        if let Some(field) = source["field"].as_str() {
            return self.get(field).is_none();
        }
        let Some(template) = source["template"].as_str() else { return false };
        let fields = template.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap());
        fields.into_iter().all(|field| !field.contains('|') && self.get(field).is_none())
    }

    /// How many values there are to send.
    fn count(&self, custom: &Value) -> usize {
        if self.is_empty(custom) {
            return 0;
        }
        if !custom["key"].as_str().unwrap().starts_with("MultiSelectMany") {
            return 1;
        }
        let field = custom["field"].as_str().and_then(|field| self.get(field));
        let text = field.or_else(|| custom["constant"].as_str()).unwrap();
        options(text, custom["format"]["separator"].as_str().unwrap_or(";"))
    }
}

/// How many options a text names, each that the list has once.
fn options(text: &str, separator: &str) -> usize {
    let pieces: Vec<String> = match separator {
        "json" => match serde_json::from_str::<Vec<Value>>(text) {
            Ok(elements) => {
                elements.iter().filter(|one| !one.is_null()).map(Value::to_string).collect()
            }
            Err(_) => vec![text.to_owned()],
        },
        separator => text.split(separator).map(|piece| piece.trim().to_owned()).collect(),
    };
    let pieces = pieces.iter().map(|piece| piece.trim_matches('"').to_lowercase());
    let pieces: Vec<_> = pieces.filter(|piece| !piece.chars().all(is_invisible)).collect();
    let is_known = |piece: &&String| OPTIONS.iter().any(|one| one.to_lowercase() == **piece);
    let known: BTreeSet<_> = pieces.iter().filter(is_known).collect();
    known.len() + pieces.iter().filter(|piece| !is_known(piece)).count()
}

/// What is wrong with it, if something is.
pub(super) fn check(case: &Case, told: &Told) -> Result<(), String> {
    let rows = told.records.len() + told.refused.len();
    ensure(rows == case.profiles.len(), || "a row is neither sent nor refused".to_owned())?;
    let is_of_refused = |problem: &ValueProblem| told.refused.contains(&problem.position);
    ensure(!told.problems.iter().any(is_of_refused), || {
        "a problem of nobody who is sent".to_owned()
    })?;
    let has_null_word = case.mapping.get("nullWords").is_some();
    for (row, record) in &told.records {
        let cells = Cells { profile: &case.profiles[*row], has_null_word };
        customs(case, told, (*row, record), &cells)?;
        mobile(case, told, (*row, record), &cells)?;
        name(case, told, (*row, record), &cells)?;
        for (member, key) in
            [("consentToTrack", "ConsentToTrack"), ("consentToSendSms", "ConsentToSendSms")]
        {
            consent(&case.mapping[member], told, (*row, record, key), &cells)?;
        }
    }
    counts(case, told)
}

fn customs(
    case: &Case,
    told: &Told,
    (row, record): (usize, &Value),
    cells: &Cells<'_>,
) -> Result<(), String> {
    for custom in case.mapping["customFields"].as_array().unwrap() {
        let key = custom["key"].as_str().unwrap();
        let outcome = of_custom(told, row, record, key);
        let count = cells.count(custom);
        let cleared = usize::from(count == 0 && custom["ifEmpty"] == "clear");
        let is_so = outcome.sent + outcome.lost == count && outcome.cleared == cleared;
        ensure(is_so, || format!("row {row}, {key}: {outcome:?} of {count} values"))?;
    }
    Ok(())
}

fn of_custom(told: &Told, row: usize, record: &Value, key: &str) -> Outcome {
    let pairs = record["CustomFields"].as_array().map_or(&[][..], Vec::as_slice);
    let (cleared, sent): (Vec<_>, Vec<_>) =
        pairs.iter().filter(|pair| pair["Key"] == key).partition(|pair| pair["Clear"] == true);
    Outcome { sent: sent.len(), lost: told.lost(row, key), cleared: cleared.len() }
}

fn mobile(
    case: &Case,
    told: &Told,
    (row, record): (usize, &Value),
    cells: &Cells<'_>,
) -> Result<(), String> {
    let Some(mobile) = case.mapping.get("mobileNumber") else { return Ok(()) };
    let number = record["MobileNumber"].as_str();
    let (is_empty, lost) = (cells.is_empty(mobile), told.lost(row, "MobileNumber"));
    let sent = usize::from(number.is_some_and(|number| !number.is_empty()));
    let is_cleared = number == Some("");
    let clears = is_empty && mobile["ifEmpty"] == "clear";
    let is_so = sent + lost == usize::from(!is_empty) && is_cleared == clears;
    ensure(is_so, || format!("row {row}, mobile number {number:?}, {lost} lost"))
}

fn name(
    case: &Case,
    told: &Told,
    (row, record): (usize, &Value),
    cells: &Cells<'_>,
) -> Result<(), String> {
    let Some(name) = case.mapping.get("name") else { return Ok(()) };
    let is_empty = match name["first"].as_str() {
        Some(_) => cells.get("A").is_none() && cells.get("B").is_none(),
        None => cells.is_empty(name),
    };
    let sent = record["Name"].as_str();
    let cut = told.problems_of(row, "Name").all(|problem| problem.sent.as_deref() == sent);
    ensure(sent.is_none() == is_empty && cut, || format!("row {row}, name {sent:?}"))
}

/// A word that is sent without a problem is what the profile says, and one that nobody can read is counted.
fn consent(
    mapping: &Value,
    told: &Told,
    (row, record, key): (usize, &Value, &str),
    cells: &Cells<'_>,
) -> Result<(), String> {
    let Some(field) = mapping["field"].as_str() else { return Ok(()) };
    let sent = record[key].as_str().unwrap_or("Unchanged");
    let assumed: Vec<_> = told.problems_of(row, key).collect();
    let is_so = match (cells.get(field).is_none(), &assumed[..]) {
        (true, []) => sent == "Unchanged",
        (false, []) => sent != "Unchanged",
        (false, [problem]) => problem.sent.as_deref() == Some(sent),
        _ => false,
    };
    ensure(is_so, || format!("row {row}, {key}: {sent}, {assumed:?}"))
}

/// The counts are those of the problems, and of the values that were sent.
fn counts(case: &Case, told: &Told) -> Result<(), String> {
    for warning in &told.warnings.fields {
        for counted in &warning.by_code {
            let is_it = |one: &&ValueProblem| one.key == warning.key && one.code == counted.code;
            let named = told.problems.iter().filter(is_it).count();
            ensure(to_i64(named) == counted.count, || format!("{warning:?}, {named} named"))?;
        }
    }
    let counted = told.warnings.fields.iter().flat_map(|warning| &warning.by_code);
    let counted: i64 = counted.map(|counted| counted.count).sum();
    ensure(counted == to_i64(told.problems.len()), || "a problem is not counted".to_owned())?;
    for custom in case.mapping["customFields"].as_array().unwrap() {
        let key = custom["key"].as_str().unwrap();
        let outcomes = told.records.iter().map(|(row, record)| of_custom(told, *row, record, key));
        let values: usize = outcomes.map(|outcome| outcome.sent + outcome.lost).sum();
        let counted = told.warnings.values.get(key).copied().unwrap_or_default();
        ensure(counted == to_i64(values), || format!("{key}: {counted} of {values} values"))?;
    }
    Ok(())
}

fn ensure(is_so: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if is_so { Ok(()) } else { Err(what()) }
}
