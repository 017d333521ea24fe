//! A format that is proposed is one that a mapping accepts, and what is proposed is what is then sent.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::campaign_monitor::{Candidates, CustomField, Fit, Form, ProposedFormat, Reading, Zones};

/// The form of a field of this type whose moments are days in Tokyo.
fn form(data_type: &str, format: Option<Notation>) -> Form {
    let options = ["Tea", "Milk"];
    let field =
        json!({"FieldName": "F", "Key": "[F]", "DataType": data_type, "FieldOptions": options});
    let field: CustomField = serde_json::from_value(field).unwrap();
    let zones = Zones { field: None, mapping: Some(TimeZone::get("Asia/Tokyo").unwrap()) };
    Form::of(&field, Reading { format, zones })
}

/// The format as a caller copies it from a preview into a mapping.
fn copied(format: ProposedFormat) -> Notation {
    let json = serde_json::to_value(format).unwrap();
    serde_json::from_value::<ValueFormat>(json).unwrap().meaning().unwrap()
}

/// What is sent of a value, several options separated by `;`; `None` when not all of it is.
fn sent(form: &Form, value: &str) -> Option<String> {
    let sent = form.values(value).map(|value| match form.fit(&value) {
        Fit::Complete(text) => Some(text.into_owned()),
        Fit::Cut(_) | Fit::Unfit(_) => None,
    });
    Some(sent.collect::<Option<Vec<_>>>()?.join(";"))
}

/// What is proposed for a column of these values, as JSON; each is copied, and must do what it says.
fn proposed(data_type: &str, values: &[String]) -> Vec<Value> {
    let mut candidates = Candidates::of(&form(data_type, None), 1_000).unwrap();
    for value in values {
        candidates.see(value);
    }
    let Some(proposal) = candidates.proposal() else { return vec![] };
    for reading in &proposal.formats {
        let form = form(data_type, Some(copied(reading.format)));
        assert!(values.contains(&reading.value), "{:?} of {values:?}", reading.value);
        assert_eq!(sent(&form, &reading.value).as_ref(), Some(&reading.sent), "{reading:?}");
        let fitting = values.iter().filter(|value| sent(&form, value).is_some()).count();
        assert_eq!(i64::try_from(fitting), Ok(proposal.fitting), "{reading:?} of {values:?}");
        assert!(proposal.values <= i64::try_from(values.len()).unwrap());
    }
    let formats = proposal.formats.iter();
    formats.map(|reading| serde_json::to_value(reading.format).unwrap()).collect()
}

#[test]
fn each_kind_of_proposal_is_accepted_by_a_mapping_and_sends_what_it_says() {
    let mut seen = BTreeSet::new();
    for (data_type, values) in [
        ("Date", &["31/12/1990", "01/02/1990 23:59"][..]),
        ("Date", &["12/31/1990 1:05:00.25"]),
        ("Date", &["31.12.1990T10:00"]),
        ("Date", &["31-12-1990"]),
        ("Date", &["19901231"]),
        ("Date", &["1990.12.31"]),
        ("Date", &["31/1/1990"]),
        ("Date", &["1/31/1990"]),
        ("Date", &["32905.9"]),
        ("Date", &["633884400", "-1"]),
        ("Date", &["633884400000"]),
        ("Number", &["1.234,5"]),
        ("Number", &["1\u{202f}234,5"]),
        ("Number", &["1,234.5"]),
        ("Date", &["12.31.1990"]),
        ("Date", &["12-31-1990"]),
        ("Date", &["31121990"]),
        ("Date", &["12311990"]),
        ("Number", &["1'234,5"]),
        ("Number", &["1'234.5"]),
        ("Number", &["1 234.5"]),
        ("MultiSelectMany", &["Tea,Milk"]),
        ("MultiSelectMany", &["Tea|milk"]),
        ("MultiSelectMany", &[r#"["Tea", "Milk"]"#]),
    ] {
        let values: Vec<_> = values.iter().map(|value| (*value).to_owned()).collect();
        let formats = proposed(data_type, &values);
        assert!(!formats.is_empty(), "{values:?}");
        seen.extend(formats.iter().map(Value::to_string));
    }
    assert_eq!(seen.len(), 24, "{seen:?}");
}

#[test]
fn what_no_run_could_send_is_not_proposed_as_if_it_could() {
    let column =
        |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    for (data_type, values) in [
        ("Date", &["31/12/1850"][..]),
        ("Date", &["31/12/1990 99:99"]),
        ("Number", &["99.999.999.999.999.999.999"]),
    ] {
        assert_eq!(proposed(data_type, &column(values)), [Value::Null; 0], "{values:?}");
    }
    assert_eq!(proposed("Date", &column(&["01/01/0001", "31/12/1990"])), ["dd/MM/yyyy"]);
}

/// Days of all years, written in any of the forms that are proposed and in others, with a time or without.
fn day() -> impl Strategy<Value = String> {
    let date = (1800..2200_u32, 1..=13_u32, 1..=32_u32, 0..10_usize);
    let time = prop_oneof![
        Just(String::new()),
        (0..30_u32, 0..70_u32).prop_map(|(hour, minute)| format!(" {hour}:{minute:02}")),
        (0..24_u32).prop_map(|hour| format!("T{hour:02}:00:59.123")),
        (0..24_u32).prop_map(|hour| format!(" {hour:02}:00Z")),
    ];
    (date, time).prop_map(|((year, month, day, form), time)| {
        let date = match form {
            0 => format!("{day:02}/{month:02}/{year}"),
            1 => format!("{month:02}/{day:02}/{year}"),
            2 => format!("{day:02}.{month:02}.{year}"),
            3 => format!("{day:02}-{month:02}-{year}"),
            4 => format!("{year}{month:02}{day:02}"),
            5 => format!("{year}.{month:02}.{day:02}"),
            6 => format!("{day}/{month}/{year}"),
            7 => format!("{month}/{day}/{year}"),
            8 => format!("{year}-{month:02}-{day:02}"),
            _ => format!("{day}.{month}.{year}"),
        };
        date + &time
    })
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        r"-?[0-9]{1,4}([., \u{a0}][0-9]{3}){0,3}([.,][0-9]{0,4})?",
        r"-?[0-9]{1,22}",
        r"[0-9]{1,6}\.[0-9]{1,3}",
    ]
}

proptest! {
    #[test]
    fn whatever_is_proposed_for_days_does_what_it_says(
        values in prop::collection::vec(prop_oneof![day(), number()], 1..4),
    ) {
        proposed("Date", &values);
    }

    #[test]
    fn whatever_is_proposed_for_numbers_does_what_it_says(
        values in prop::collection::vec(prop_oneof![8 => number(), 1 => day()], 1..4),
    ) {
        proposed("Number", &values);
    }
}
