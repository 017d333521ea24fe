//! How many values of a run could not be sent as they are, by field and reason; and which fields lost all of theirs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::campaign_monitor::ProblemCode;

/// Values of a field that could not be sent as they are; their profiles were sent all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldWarning {
    /// The field of the profile.
    #[serde(default)]
    #[schema(required, example = "City")]
    pub field: String,
    /// Key of the custom field on the list, or `EmailAddress`, `Name`, `MobileNumber`, `ConsentToTrack`,
    /// `ConsentToSendSms`.
    #[schema(example = "city")]
    pub key: String,
    /// Values of which only the first 250 characters were sent.
    #[schema(example = 12)]
    pub cut: i64,
    /// Values that were not sent; of a consent, `otherwise` was sent instead.
    #[schema(example = 3)]
    pub dropped: i64,
    /// The same values by what is wrong with them.
    #[serde(default)]
    #[schema(required)]
    pub by_code: Vec<CodeCount>,
}

/// How many values have one and the same problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CodeCount {
    /// As in the value problems of the run.
    pub code: ProblemCode,
    #[schema(example = 3)]
    pub count: i64,
}

/// The field warnings of a run. (A JSON column holds an object.)
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldWarnings {
    /// At most one for each field and key.
    pub fields: Vec<FieldWarning>,
    /// Keys that got a value of a profile, or its beginning.
    #[serde(default)]
    pub sent: Vec<String>,
    /// How many values profiles had for each key, sent or not. Empty of runs of older versions.
    #[serde(default)]
    pub values: BTreeMap<String, i64>,
}

impl FieldWarning {
    /// No value yet.
    pub(crate) fn new(field: &str, key: &str) -> Self {
        let (field, key) = (field.to_owned(), key.to_owned());
        Self { field, key, cut: 0, dropped: 0, by_code: vec![] }
    }

    /// So many more values with this problem.
    pub(crate) fn count(&mut self, code: ProblemCode, count: i64) {
        match code {
            ProblemCode::Cut => self.cut += count,
            // It was sent, and nothing of it is lost.
            ProblemCode::Repaired => {}
            _ => self.dropped += count,
        }
        match self.by_code.iter_mut().find(|known| known.code == code) {
            Some(known) => known.count += count,
            None => self.by_code.push(CodeCount { code, count }),
        }
    }

    /// Values that were sent without a mistake.
    fn repaired(&self) -> i64 {
        let repaired = self.by_code.iter().find(|known| known.code == ProblemCode::Repaired);
        repaired.map_or(0, |known| known.count)
    }

    fn is_of(&self, other: &Self) -> bool {
        self.key == other.key && self.field == other.field
    }
}

impl FieldWarnings {
    /// Sums the warnings of each field.
    pub fn add(&mut self, more: &Self) {
        for warning in &more.fields {
            let known = self.fields.iter().position(|known| known.is_of(warning));
            let known = known.unwrap_or_else(|| {
                self.fields.push(FieldWarning::new(&warning.field, &warning.key));
                self.fields.len() - 1
            });
            for CodeCount { code, count } in &warning.by_code {
                self.fields[known].count(*code, *count);
            }
        }
        for key in &more.sent {
            if !self.sent.contains(key) {
                self.sent.push(key.clone());
            }
        }
        for (key, values) in &more.values {
            *self.values.entry(key.clone()).or_default() += values;
        }
    }

    /// Notes how many values for a key were sent, and how many were not.
    pub(crate) fn count_values(&mut self, key: &str, sent: i64, dropped: i64) {
        if sent > 0 && !self.sent.iter().any(|known| known == key) {
            self.sent.push(key.to_owned());
        }
        *self.values.entry(key.to_owned()).or_default() += sent + dropped;
    }

    /// All values that could not be sent as they are.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.fields.iter().map(|field| field.cut + field.dropped + field.repaired()).sum()
    }

    /// The fields that had values, of which none could be sent, not even its beginning.
    pub(crate) fn lost(&self) -> impl Iterator<Item = &FieldWarning> {
        self.fields.iter().filter(|field| field.dropped > 0 && !self.sent.contains(&field.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(field: &str, code: ProblemCode, count: i64, sent: &[&str]) -> FieldWarnings {
        let mut warning = FieldWarning::new(field, &field.to_lowercase());
        warning.count(code, count);
        FieldWarnings {
            fields: vec![warning],
            sent: sent.iter().map(ToString::to_string).collect(),
            ..FieldWarnings::default()
        }
    }

    #[test]
    fn the_warnings_of_batches_add_up_by_field_and_code() {
        let mut sum = FieldWarnings::default();
        sum.add(&warnings("Born", ProblemCode::NotADate, 2, &[]));
        sum.add(&warnings("Born", ProblemCode::OutOfRange, 1, &["city"]));
        sum.add(&warnings("Born", ProblemCode::NotADate, 3, &["city"]));
        sum.add(&warnings("City", ProblemCode::Cut, 4, &["city"]));
        assert_eq!((sum.fields.len(), sum.fields[0].dropped, sum.fields[1].cut), (2, 6, 4));
        let codes: Vec<_> = sum.fields[0].by_code.iter().map(|by| (by.code, by.count)).collect();
        assert_eq!(codes, [(ProblemCode::NotADate, 5), (ProblemCode::OutOfRange, 1)]);
        assert_eq!((sum.total(), sum.sent), (10, vec!["city".to_owned()]));
    }

    #[test]
    fn a_field_is_lost_when_none_of_its_values_was_sent_in_any_batch() {
        let mut sum = warnings("Born", ProblemCode::NotADate, 2, &[]);
        assert_eq!(sum.lost().count(), 1);
        sum.add(&warnings("City", ProblemCode::Cut, 2, &["city"]));
        assert_eq!(sum.lost().map(|lost| lost.key.as_str()).collect::<Vec<_>>(), ["born"]);
        sum.add(&FieldWarnings { sent: vec!["born".into()], ..FieldWarnings::default() });
        assert_eq!(sum.lost().count(), 0);
    }

    #[test]
    fn the_values_of_a_key_add_up_sent_or_not() {
        let mut sum = FieldWarnings::default();
        sum.count_values("city", 3, 1);
        let mut more = FieldWarnings::default();
        more.count_values("born", 0, 2);
        more.count_values("city", 5, 0);
        sum.add(&more);
        assert_eq!(sum.values, [("born".to_owned(), 2), ("city".to_owned(), 9)].into());
        assert_eq!(sum.sent, ["city"], "no value of the other one was sent");
    }

    #[test]
    fn warnings_that_were_stored_before_there_were_codes_are_read() {
        let stored = r#"{"fields": [{"key": "city", "cut": 1, "dropped": 2}]}"#;
        let read: FieldWarnings = serde_json::from_str(stored).unwrap();
        assert_eq!((read.total(), read.fields[0].by_code.len()), (3, 0));
    }
}
