//! How a model says that days and numbers are written: its `culture`, and the annotations of Customer Insights, which
//! the model, an entity or an attribute may have. The innermost counts, and an annotation counts for more than the
//! culture.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{super::notation::ColumnNotation, list::List};

/// The pattern of attributes of type `date`, and of `dateTime` and `dateTimeOffset`.
const DAYS: &str = "ci:CustomDateFormat";
const MOMENTS: &str = "ci:CustomTimestampFormat";
const ITEMS_MAX: usize = 1_000;

/// The patterns that annotations name.
#[derive(Clone, Debug, Default)]
pub(super) struct Patterns {
    days: Option<String>,
    moments: Option<String>,
}

/// Others use annotations for whatever they like.
#[derive(Deserialize)]
struct Annotation<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

impl Patterns {
    /// None where these are not annotations.
    pub(super) fn of(annotations: Option<&RawValue>) -> Self {
        let listed = annotations.and_then(|text| serde_json::from_str(text.get()).ok());
        let listed: List<Annotation<'_>, ITEMS_MAX> = listed.unwrap_or_default();
        let value = |wanted: &str| {
            let found =
                listed.iter().find(|one| one.name.and_then(text).as_deref() == Some(wanted));
            found.and_then(|one| text(one.value?))
        };
        Self { days: value(DAYS), moments: value(MOMENTS) }
    }

    /// These, and what they do not name as outside of them.
    pub(super) fn or(self, outer: &Self) -> Self {
        Self {
            days: self.days.or_else(|| outer.days.clone()),
            moments: self.moments.or_else(|| outer.moments.clone()),
        }
    }

    /// How the values of this type are written; `None` where they need no reading, or nobody knows how.
    pub(super) fn notation(
        &self,
        data_type: &str,
        culture: Option<&str>,
    ) -> Option<ColumnNotation> {
        let pattern = match data_type {
            "date" => &self.days,
            "dateTime" | "dateTimeOffset" => &self.moments,
            "int64" | "double" | "decimal" => return ColumnNotation::numbers_of(culture?),
            _ => return None,
        };
        match pattern {
            Some(pattern) => ColumnNotation::days_as(pattern),
            None => ColumnNotation::days_of(culture?),
        }
    }
}

/// A text; `None` for anything else.
pub(super) fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}
