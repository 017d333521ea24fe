//! What an empty value does to the one that the list has, and that a value which cannot be sent is not empty.

use super::example::DataKind::{Nothing, Number, Text};
use super::example::Example;
use super::example::ExampleOutcome::{Cleared, Kept, Problem};
use crate::campaign_monitor::ProblemCode::{
    NotADate, NotANumber, NotAPhoneNumber, UnknownCountry, UnknownOption,
};

const CLEAR: &str = r#""ifEmpty": "clear""#;
const CLEAR_NULL: &str = r#""ifEmpty": "clear", "nullWords": ["NULL"]"#;

/// Each with the type of its field.
pub const EMPTY: &[(&str, Example)] = &[
    ("Text", (Nothing, "", "", Kept)),
    ("Text", (Nothing, "", CLEAR, Cleared)),
    ("Text", (Text, "  ", CLEAR, Cleared)),
    ("Text", (Text, "  ", r#""ifEmpty": "clear", "trim": false"#, Cleared)),
    ("Text", (Text, "\u{200b}", CLEAR, Cleared)),
    ("Text", (Text, "NULL", CLEAR_NULL, Cleared)),
    ("Text", (Nothing, "", r#""ifEmpty": "clear", "template": "of {{V}}""#, Cleared)),
    ("Number", (Nothing, "", "", Kept)),
    ("Number", (Nothing, "", CLEAR, Cleared)),
    ("Number", (Text, "NULL", CLEAR_NULL, Cleared)),
    ("Number", (Number, "NaN", CLEAR, Cleared)),
    ("Number", (Text, "NULL", CLEAR, Problem(NotANumber))),
    ("Date", (Nothing, "", "", Kept)),
    ("Date", (Nothing, "", CLEAR, Cleared)),
    ("Date", (Text, "31.12.1990", CLEAR, Problem(NotADate))),
    ("MultiSelectOne", (Nothing, "", "", Kept)),
    ("MultiSelectOne", (Nothing, "", CLEAR, Cleared)),
    ("MultiSelectOne", (Text, "Gin", CLEAR, Problem(UnknownOption))),
    ("MultiSelectMany", (Nothing, "", "", Kept)),
    ("MultiSelectMany", (Nothing, "", CLEAR, Cleared)),
    ("MultiSelectMany", (Text, "; ;", CLEAR, Cleared)),
    (
        "MultiSelectMany",
        (Text, "[null]", r#""ifEmpty": "clear", "format": {"separator": "json"}"#, Cleared),
    ),
    ("MultiSelectMany", (Text, "Gin; Rum", CLEAR, Problem(UnknownOption))),
    ("Country", (Nothing, "", "", Kept)),
    ("Country", (Nothing, "", CLEAR, Cleared)),
    ("Country", (Text, "Atlantis", CLEAR, Problem(UnknownCountry))),
    ("USState", (Nothing, "", "", Kept)),
    ("USState", (Nothing, "", CLEAR, Cleared)),
    ("USState", (Text, "Riga", CLEAR, Problem(UnknownCountry))),
    ("mobileNumber", (Nothing, "", "", Kept)),
    ("mobileNumber", (Nothing, "", CLEAR, Cleared)),
    ("mobileNumber", (Text, "NULL", CLEAR_NULL, Cleared)),
    ("mobileNumber", (Text, "20000000", CLEAR, Problem(NotAPhoneNumber))),
];
