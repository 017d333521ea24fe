//! Which columns of a CSV without `CustomerId` could be it: those that have a value of its own in every line.
//!
//! They are named by their numbers: a file that lost its header has values where names should be.

use std::collections::HashSet;

use bytes::Bytes;

use super::super::{csv::Records, error::Error};

/// Lines that are read for it.
const LINES_MAX: usize = 1000;

/// The error, with the columns that could be the `CustomerId`.
pub(super) fn with_candidates(
    error: Error,
    records: &mut Records<impl Iterator<Item = Result<Bytes, Error>>>,
) -> Error {
    match (error, numbers(records)) {
        (Error::Invalid { line, message }, Some((numbers, lines))) => {
            let message = format!(
                "{message}. In the first {lines} lines {numbers} a value in each, and none twice"
            );
            Error::Invalid { line, message }
        }
        (error, _) => error,
    }
}

/// The columns with their verb, and how many lines were read; `None` where no column is one.
fn numbers(
    records: &mut Records<impl Iterator<Item = Result<Bytes, Error>>>,
) -> Option<(String, usize)> {
    let mut seen: Vec<Option<HashSet<String>>> = vec![Some(HashSet::new()); records.header().len()];
    let mut lines = 0;
    while lines < LINES_MAX && records.advance().ok()? {
        lines += 1;
        for (index, values) in seen.iter_mut().enumerate() {
            let value = records.field(index).map(|value| value.trim().to_owned());
            let value = value.filter(|value| !value.is_empty());
            let is_new =
                value.zip(values.as_mut()).is_some_and(|(value, known)| known.insert(value));
            if !is_new {
                *values = None;
            }
        }
    }
    let unique = seen.iter().enumerate().filter(|(_, values)| values.is_some());
    let numbers: Vec<_> = unique.map(|(index, _)| (index + 1).to_string()).collect();
    let (last, first) = numbers.split_last().filter(|_| lines > 1)?;
    let named = if first.is_empty() {
        format!("column {last} has")
    } else {
        format!("columns {} and {last} have", first.join(", "))
    };
    Some((named, lines))
}
