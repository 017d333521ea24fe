//! The fields of which a run could send no value at all, in words: the mapping, or the data, is wrong for everybody.

use super::job::Job;
use super::stopped::Stopped;
use crate::campaign_monitor::ProblemCode;
use crate::runs::{FieldWarning, ValueProblem, store_batches};

/// Characters of a value that are shown.
const EXAMPLE_CHARS_MAX: usize = 40;

/// A sentence about each field that is lost, over all attempts of the run.
pub async fn lost_fields(job: &Job) -> Result<Vec<String>, Stopped> {
    let lost: Vec<_> = job.run.field_warnings.0.lost().collect();
    let mut sentences = Vec::with_capacity(lost.len());
    for field in lost {
        let (mut tx, run) = (job.app.db.read().await?, job.run.id);
        let of_it = store_batches::value_problem_of(&mut tx, run, &field.field, &field.key);
        sentences.push(sentence(field, of_it.await?.as_ref()));
    }
    Ok(sentences)
}

fn sentence(lost: &FieldWarning, problem: Option<&ValueProblem>) -> String {
    let FieldWarning { field, key, dropped, .. } = lost;
    let example = problem.and_then(example).map(|value| format!(", such as “{value}”"));
    let why = lost.by_code.first().map(|by| format!(": {}", by.code.explanation()));
    let (example, why) = (example.unwrap_or_default(), why.unwrap_or_default());
    format!(
        "No value of the field “{field}” could be sent to “{key}” ({dropped} values{example}){why}."
    )
}

/// The value, unless it may name somebody: who reads a run need not be allowed to read its profiles.
fn example(problem: &ValueProblem) -> Option<String> {
    if problem.value.contains('@') {
        return None;
    }
    let hide = problem.code == ProblemCode::NotAPhoneNumber;
    let letters = problem.value.chars().take(EXAMPLE_CHARS_MAX);
    Some(letters.map(|c| if hide && c.is_numeric() { '0' } else { c }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: ProblemCode, value: &str) -> String {
        let mut lost = FieldWarning::new("Born", "birthday");
        lost.count(code, 12);
        let problem = ValueProblem {
            position: 0,
            number: 1,
            customer_id: "1".into(),
            email: "ann@example.com".into(),
            field: lost.field.clone(),
            key: lost.key.clone(),
            code,
            value: value.into(),
            sent: None,
        };
        sentence(&lost, Some(&problem))
    }

    #[test]
    fn a_lost_field_is_named_with_an_example_that_names_nobody() {
        let born = "No value of the field “Born” could be sent to “birthday”";
        assert_eq!(
            told(ProblemCode::NotADate, "31/12/1990"),
            format!(
                "{born} (12 values, such as “31/12/1990”): they are not dates in a form that is expected."
            )
        );
        assert!(told(ProblemCode::NotAPhoneNumber, "020 7946").contains("“000 0000”"));
        assert!(told(ProblemCode::UnknownOption, "ann@example.com").contains("(12 values)"));
    }
}
