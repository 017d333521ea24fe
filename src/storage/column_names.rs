//! The names of columns: mappings, the database and lists of segments must be able to hold them.
//!
//! A file that lost its header has values where names should be. So an error has the number of a column, and
//! never its name.

use std::collections::HashMap;

use super::limits::{FIELDS_MAX, NAME_CHARS_MAX, NAMES_BYTES_MAX};

/// What a file has named: no two columns may have one name.
pub(super) struct ColumnNames {
    /// What a column is called where the names come from.
    column: &'static str,
    /// With the number of each, from 1.
    numbers: HashMap<String, usize>,
    bytes: usize,
}

impl ColumnNames {
    /// For columns that people call so.
    pub(super) fn of(column: &'static str) -> Self {
        Self { column, numbers: HashMap::new(), bytes: 0 }
    }

    /// Checks all names of a file.
    pub(super) fn check<'a>(
        column: &'static str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), String> {
        let mut seen = Self::of(column);
        names.into_iter().try_for_each(|name| seen.add(name))
    }

    /// Takes the next name, or says why it cannot be one.
    pub(super) fn add(&mut self, name: &str) -> Result<(), String> {
        let (column, number) = (self.column, self.numbers.len() + 1);
        if let Some(flaw) = flaw(name) {
            return Err(format!("{column} {number} {flaw}"));
        }
        self.bytes += name.len();
        if self.bytes > NAMES_BYTES_MAX {
            return Err(format!(
                "the names of the {column}s are longer than {NAMES_BYTES_MAX} bytes together"
            ));
        }
        match self.numbers.insert(name.to_owned(), number) {
            None => Ok(()),
            Some(first) => Err(format!("{column}s {first} and {number} have the same name")),
        }
    }
}

/// Checks names of columns that a caller has set.
pub(crate) fn check_column_names(names: &[String]) -> Result<(), String> {
    if names.len() > FIELDS_MAX {
        return Err(format!("there are more than {FIELDS_MAX}"));
    }
    ColumnNames::check("column", names.iter().map(String::as_str))
}

/// Why a text cannot be a name. Line breaks may stand in one: spreadsheets write them.
fn flaw(name: &str) -> Option<String> {
    let is_control = |letter: char| letter.is_control() && !matches!(letter, '\t' | '\r' | '\n');
    if name.trim().is_empty() {
        Some("has no name".into())
    } else if name.chars().count() > NAME_CHARS_MAX {
        Some(format!("has a name that is longer than {NAME_CHARS_MAX} characters"))
    } else if name.chars().any(is_control) {
        Some("has a control character in its name".into())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_whose_name_cannot_be_one_is_told_by_its_number() {
        let long = "ā".repeat(NAME_CHARS_MAX + 1);
        for (names, expected) in [
            (["CustomerId", " "], "column 2 has no name"),
            (["jane@example.com", "jane@example.com"], "columns 1 and 2 have the same name"),
            (
                ["CustomerId", long.as_str()],
                "column 2 has a name that is longer than 200 characters",
            ),
            (["CustomerId", "a\0b"], "column 2 has a control character in its name"),
            (["CustomerId", "\u{1}"], "column 2 has a control character in its name"),
        ] {
            assert_eq!(ColumnNames::check("column", names), Err(expected.into()));
        }
        let longest = "ā".repeat(NAME_CHARS_MAX);
        assert_eq!(ColumnNames::check("column", ["First\nname", &longest]), Ok(()));
    }

    #[test]
    fn the_names_of_a_file_are_so_long_together_and_no_longer() {
        let names: Vec<_> = (0..1000).map(|number| format!("{number:0200}")).collect();
        let error = ColumnNames::check("column", names.iter().map(String::as_str)).unwrap_err();
        assert_eq!(error, "the names of the columns are longer than 131072 bytes together");
        let names: Vec<_> = (0..1000).map(|number| format!("{number:0131}")).collect();
        assert_eq!(ColumnNames::check("column", names.iter().map(String::as_str)), Ok(()));
    }
}
