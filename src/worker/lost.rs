//! The fields of which a run could send no value at all, in words: the mapping, or the data, is wrong for everybody.
//!
//! The sentences hold no value: who may read a run need not be allowed to read its profiles. The value problems have
//! the values, and each read of those is recorded.

use super::job::Job;
use crate::runs::FieldWarning;

/// A sentence about each field that is lost, over all attempts of the run.
pub fn lost_fields(job: &Job) -> Vec<String> {
    job.run.field_warnings.0.lost().map(sentence).collect()
}

fn sentence(lost: &FieldWarning) -> String {
    let FieldWarning { field, key, dropped, .. } = lost;
    let why = lost.by_code.first().map(|by| format!(": {}", by.code.explanation()));
    let why = why.unwrap_or_default();
    format!("No value of the field “{field}” could be sent to “{key}” ({dropped} values){why}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign_monitor::ProblemCode;

    #[test]
    fn a_lost_field_is_named_with_the_reason_and_without_any_value() {
        let mut lost = FieldWarning::new("Born", "birthday");
        lost.count(ProblemCode::NotADate, 12);
        assert_eq!(
            sentence(&lost),
            "No value of the field “Born” could be sent to “birthday” (12 values): they are not dates as the \
             `format` of the field says (without one: yyyy-MM-dd)."
        );
    }
}
