//! The values that a sentence names, by their own names: a front end says the sentence in its own words with them.
//!
//! They are names of fields, segments and lists, counts and limits. What a person has in a field never stands here: who
//! may read a run need not be allowed to read its profiles.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A value that a sentence names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Param {
    /// A count, a limit, a number of the vendor.
    Number(i64),
    /// A name that people gave, a code, or several with a comma between them.
    Text(String),
}

impl From<i64> for Param {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Param {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u64> for Param {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Param {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// The values that a sentence names; often none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Params(BTreeMap<String, Param>);

impl Params {
    /// The same and one more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Param>) -> Self {
        self.put(name, value);
        self
    }

    /// Adds a value, or replaces the one of this name.
    pub fn put(&mut self, name: &str, value: impl Into<Param>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Adds those that are not there yet.
    pub fn append(&mut self, more: Self) {
        for (name, value) in more.0 {
            self.0.entry(name).or_insert(value);
        }
    }

    /// A value by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Param> {
        self.0.get(name)
    }

    /// The names of the values.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The same with every text as `change` makes it.
    #[must_use]
    pub fn map_texts(mut self, change: impl Fn(&str) -> String) -> Self {
        for value in self.0.values_mut() {
            if let Param::Text(text) = value {
                *text = change(text);
            }
        }
        self
    }

    /// The values that are texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.values().filter_map(|value| match value {
            Param::Text(text) => Some(text.as_str()),
            Param::Number(_) => None,
        })
    }

    /// Whether the sentence names nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_texts_and_numbers_and_read_as_they_were_written() {
        let params = Params::default().with("segment", "HighValue").with("max", 7_i64);
        let written = serde_json::to_string(&params).unwrap();
        assert_eq!(written, r#"{"max":7,"segment":"HighValue"}"#);
        assert_eq!(serde_json::from_str::<Params>(&written).unwrap(), params);
    }

    #[test]
    fn of_two_values_with_one_name_the_first_stays() {
        let mut params = Params::default().with("field", "City");
        params.append(Params::default().with("field", "Born").with("count", 2_i64));
        assert_eq!(params, Params::default().with("field", "City").with("count", 2_i64));
    }
}
