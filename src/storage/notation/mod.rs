//! Days and numbers that a file writes as its `model.json` says: as in a culture (`de-DE`), or by a pattern.
//!
//! They are brought to the form that everything above reads while a page is read: `1990-02-01`, `1234.56`. What does
//! not fit stays as it is, so that it becomes a value problem by its own name. Where it has that form by chance, as
//! `1.5` of `de-DE` has, it gets a mark: to read it all the same would be a guess.

mod cultures;
mod days;
mod mark;
mod numbers;
mod pattern;
mod times;

use std::{collections::BTreeMap, sync::Arc};

use arrow_array::{
    Array, ArrayRef, RecordBatch, StringArray, builder::StringBuilder, cast::AsArray,
};
use serde::{Deserialize, Serialize};

use super::error::Error;
use cultures::{Days, Groups};
use mark::marked;
pub(crate) use mark::without_mark;
use pattern::Pattern;

/// How the values of one column are written. Kept in manifests: a form may be added, and none may be renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ColumnNotation {
    /// Days as in a culture.
    DaysOf(String),
    /// Days by a pattern, such as `dd/MM/yyyy`.
    DaysAs(String),
    /// Numbers as in a culture.
    NumbersOf(String),
}

impl ColumnNotation {
    /// `None` for a culture that is not known.
    pub(super) fn days_of(culture: &str) -> Option<Self> {
        cultures::days(culture).map(|_| Self::DaysOf(culture.to_owned()))
    }

    /// `None` for a pattern that cannot be read.
    pub(super) fn days_as(pattern: &str) -> Option<Self> {
        Pattern::parse(pattern).map(|_| Self::DaysAs(pattern.to_owned()))
    }

    /// `None` for a culture that is not known, and for one that has a point before the fraction.
    pub(super) fn numbers_of(culture: &str) -> Option<Self> {
        cultures::groups(culture).map(|_| Self::NumbersOf(culture.to_owned()))
    }

    fn reader(&self) -> Option<Reader> {
        match self {
            Self::DaysOf(culture) => cultures::days(culture).map(Reader::Days),
            Self::DaysAs(pattern) => Pattern::parse(pattern).map(Reader::Pattern),
            Self::NumbersOf(culture) => cultures::groups(culture).map(Reader::Numbers),
        }
    }
}

/// Reads the values of a column.
enum Reader {
    Days(Days),
    Pattern(Pattern),
    Numbers(Groups),
}

impl Reader {
    /// The value as it is read above; `None` where it stays as it is.
    fn read(&self, value: &str) -> Option<String> {
        match self {
            Self::Days(culture) => days::read(*culture, value),
            Self::Pattern(pattern) => pattern.read(value),
            Self::Numbers(groups) => numbers::read(*groups, value),
        }
        .or_else(|| self.misleads(value).then(|| marked(value)))
    }

    /// Whether a value that does not fit would be read above as if it did.
    fn misleads(&self, value: &str) -> bool {
        match self {
            Self::Days(_) => false,
            Self::Pattern(pattern) => pattern.has_day_before_month() && days::is_iso(value),
            Self::Numbers(_) => numbers::has_point(value),
        }
    }

    fn column(&self, column: &StringArray) -> ArrayRef {
        let mut read = StringBuilder::with_capacity(column.len(), column.value_data().len());
        for value in column {
            match value.and_then(|value| self.read(value)) {
                Some(value) => read.append_value(value),
                None => read.append_option(value),
            }
        }
        Arc::new(read.finish())
    }
}

/// The columns of a page that are not written as everything above reads them.
pub(super) struct Readers(Vec<(usize, Reader)>);

impl Readers {
    pub(super) fn of(notations: &BTreeMap<String, ColumnNotation>, columns: &[String]) -> Self {
        let reader =
            |(index, name): (usize, &String)| Some((index, notations.get(name)?.reader()?));
        Self(columns.iter().enumerate().filter_map(reader).collect())
    }

    /// The page with these columns read; the same one where there are none.
    pub(super) fn read(&self, page: RecordBatch) -> Result<RecordBatch, Error> {
        if self.0.is_empty() {
            return Ok(page);
        }
        let mut columns = page.columns().to_vec();
        for (index, reader) in &self.0 {
            columns[*index] = reader.column(columns[*index].as_string());
        }
        RecordBatch::try_new(page.schema(), columns).map_err(Error::unavailable)
    }
}
