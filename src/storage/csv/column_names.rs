//! The names of the columns of an upload whose CSV has no line for them.

use std::collections::HashSet;

use serde::Deserialize;

/// The names in their order, given with commas between them, so that no name has a comma.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ColumnNames(pub(in super::super) Vec<String>);

impl TryFrom<String> for ColumnNames {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let names: Vec<String> = text.split(',').map(str::to_owned).collect();
        let mut seen = HashSet::new();
        if names.iter().any(|name| name.trim().is_empty() || name.trim() != name) {
            return Err("between two commas stands the name of a column, without blanks around it");
        }
        if text.contains('\0') {
            return Err("the name of a column has no zero byte");
        }
        if !names.iter().all(|name| seen.insert(name.as_str())) {
            return Err("every column has a name of its own");
        }
        drop(seen);
        Ok(Self(names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_between_commas_each_once_and_without_blanks_around_them() {
        let names = |text: &str| ColumnNames::try_from(text.to_owned()).map(|names| names.0);
        assert_eq!(
            names("CustomerId,E-mail address,;").unwrap(),
            ["CustomerId", "E-mail address", ";"]
        );
        for wrong in ["", ",", "CustomerId,", "CustomerId, Email", "a,b,a", " a", "a\0"] {
            assert!(names(wrong).is_err(), "{wrong:?}");
        }
    }
}
