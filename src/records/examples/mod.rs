//! Examples of values: what is in the data, which part of a subscriber it goes into, and what is sent.
//!
//! `docs/VALUES.md` is made of them, and tests send each one.

mod custom_fields;
mod empty;
mod people;

pub use self::empty::EMPTY;
use super::rejection::RejectionCode;
use crate::campaign_monitor::ProblemCode;

/// What a field of the data holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// Null.
    Nothing,
    Text,
    Number,
    Boolean,
    Day,
    /// A time with its zone.
    Moment,
    /// A time that names no zone.
    Time,
}

/// What becomes of a value.
#[derive(Clone, Copy, Debug)]
pub enum ExampleOutcome {
    /// It is sent in this form; several options stand apart.
    Sent(&'static [&'static str]),
    /// This is sent in its place, and the problem is counted.
    SentWith(&'static str, ProblemCode),
    /// Its first 250 characters are sent.
    Cut,
    /// It is not sent.
    Problem(ProblemCode),
    /// The profile is not sent.
    Refused(RejectionCode),
    /// It is empty: what the list has stays.
    Kept,
    /// It is empty: what the list has is removed.
    Cleared,
}

/// What is held, its value as text, what the mapping says beside the field, and the outcome.
pub type Example = (DataKind, &'static str, &'static str, ExampleOutcome);

/// A part of a subscriber, and its examples.
pub type Table = (&'static str, &'static [Example]);

/// The options that the fields of the examples have.
pub const OPTIONS: [&str; 3] = ["Tea", "Bread; Butter", "Café"];

macro_rules! fifty {
    () => {
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };
}

macro_rules! long {
    () => {
        concat!(fifty!(), fifty!(), fifty!(), fifty!(), fifty!(), "a")
    };
}

/// A text that is one character too long.
pub const LONG: &str = long!();
/// An address that is too long.
pub const LONG_ADDRESS: &str = concat!(long!(), "@example.com");

/// The examples of each type of field, and of each other part of a subscriber.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    custom_fields::TABLES.iter().chain(people::TABLES)
}

#[cfg(test)]
mod tests;
