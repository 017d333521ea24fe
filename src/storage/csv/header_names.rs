//! The names of the columns of an upload whose CSV has no line for them.

use serde::Deserialize;

use super::super::column_names::check_column_names;

/// The names in their order, given with commas between them, so that no name has a comma.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct HeaderNames(pub(in super::super) Vec<String>);

impl TryFrom<String> for HeaderNames {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let names: Vec<String> = text.split(',').map(str::to_owned).collect();
        if names.iter().any(|name| name.trim().is_empty() || name.trim() != name) {
            let message =
                "between two commas stands the name of a column, without blanks around it";
            return Err(message.to_owned());
        }
        check_column_names(&names)?;
        Ok(Self(names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_between_commas_each_once_and_without_blanks_around_them() {
        let names = |text: &str| HeaderNames::try_from(text.to_owned()).map(|names| names.0);
        assert_eq!(
            names("CustomerId,E-mail address,;").unwrap(),
            ["CustomerId", "E-mail address", ";"]
        );
        for wrong in ["", ",", "CustomerId,", "CustomerId, Email", "a,b,a", " a", "a\0"] {
            assert!(names(wrong).is_err(), "{wrong:?}");
        }
    }
}
