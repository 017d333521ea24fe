//! What an example is: what the data holds, what the mapping says, and the outcome.

use crate::campaign_monitor::ProblemCode;
use crate::records::rejection::RejectionCode;

/// What a field of the data holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
    /// No value, which is null.
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
    /// No profile of its file is read.
    FileRefused,
    /// It is empty: what the list has stays.
    Kept,
    /// It is empty: what the list has is removed.
    Cleared,
}

/// What is held, its value as text, what the mapping says beside the field, and the outcome.
pub type Example = (DataKind, &'static str, &'static str, ExampleOutcome);

/// A part of a subscriber, and its examples.
pub type ExampleTable = (&'static str, &'static [Example]);

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
