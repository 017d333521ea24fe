//! Every example is what is sent, and no part of a subscriber lacks one.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use serde_json::{Map, Value, json};

use super::DataKind::{Boolean, Day, Moment, Nothing, Number, Text, Time};
use super::*;
use crate::campaign_monitor::ProblemCode;
use crate::exports::Mapping;
use crate::records::plan::Plan;
use crate::records::rejection::RejectionCode;
use crate::records::sifter::Sifter;

/// Members of a mapping that do not stand beside a field.
const OF_MAPPING: [&str; 3] = ["defaultCountry", "nullWords", "trim"];

/// What comes of a profile: what is sent for a part of it and the codes of value problems, or why it is not sent.
#[derive(Debug, PartialEq)]
enum Got {
    Record(Vec<String>, Vec<ProblemCode>),
    Refused(String),
    Nothing,
    Cleared,
}

/// A mapping whose field `V` goes into a part of a subscriber.
fn mapping(part: &str, more: &str) -> Value {
    let more: Map<String, Value> = serde_json::from_str(&format!("{{{more}}}")).unwrap();
    let (outer, inner): (Map<_, _>, Map<_, _>) =
        more.into_iter().partition(|(member, _)| OF_MAPPING.contains(&member.as_str()));
    let is_other = ["template", "constant", "first"].iter().any(|one| inner.contains_key(*one));
    let mut source =
        if is_other { Map::new() } else { Map::from_iter([("field".into(), "V".into())]) };
    source.extend(inner);
    let mut mapping = Map::from_iter([("email".to_owned(), json!("Email"))]);
    mapping.extend(outer);
    match part {
        "CustomerId" => {}
        "email" | "name" | "mobileNumber" | "consentToTrack" | "consentToSendSms" => {
            mapping.insert(part.into(), source.into());
        }
        _ => {
            source.insert("key".into(), "f".into());
            mapping.insert("customFields".into(), json!([source]));
        }
    }
    mapping.into()
}

fn plan(part: &str, more: &str) -> Plan {
    let options = if part.starts_with("Multi") { OPTIONS.to_vec() } else { vec![] };
    let known =
        json!([{"FieldName": "f", "Key": "[f]", "DataType": part, "FieldOptions": options}]);
    let known: Vec<_> = serde_json::from_value(known).unwrap_or_default();
    let mapping: Mapping = serde_json::from_value(mapping(part, more)).unwrap();
    Plan::new(&mapping, false, &known).unwrap()
}

/// A page of one profile, as the storage reads it: what is not a number is nothing in a column of numbers.
fn page(plan: &Plan, part: &str, (held, value, ..): &Example) -> RecordBatch {
    let is_nothing = *held == Nothing || (*held == Number && *value == "NaN");
    let own = Some(*value).filter(|_| !is_nothing);
    let cell = |name: &str| match (name, part) {
        ("CustomerId", "CustomerId") | ("V", _) => own,
        ("CustomerId", _) => Some("1"),
        _ => Some("ann@example.com"),
    };
    let column = |name: &String| Arc::new(StringArray::from(vec![cell(name)])) as ArrayRef;
    let columns = plan.columns.iter().enumerate();
    let columns = columns.map(|(at, name)| (at.to_string(), column(name), true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn got(part: &str, example: &Example) -> Got {
    let plan = Arc::new(plan(part, example.2));
    let page = page(&plan, part, example);
    let mut sifter = Sifter::new(Arc::clone(&plan), 1, 0, None);
    if plan.reads_consents() {
        sifter.hear(&plan.decisive(), &page);
    }
    if let Some(refused) = sifter.sift(page.clone()).refused.first() {
        return Got::Refused(refused.code.clone());
    }
    let encoded = plan.encode(&page, &[0]);
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    let record = &body["Subscribers"][0];
    let codes = encoded.misfits.iter().map(|misfit| misfit.code).collect();
    if part == "CustomerId" {
        let id = plan.columns_of(&page).written(0, 0).map(str::to_owned);
        return Got::Record(id.into_iter().collect(), codes);
    }
    of_record(part, record, codes)
}

fn of_record(part: &str, record: &Value, codes: Vec<ProblemCode>) -> Got {
    let member = match part {
        "email" => "EmailAddress",
        "name" => "Name",
        "mobileNumber" => "MobileNumber",
        "consentToTrack" => "ConsentToTrack",
        "consentToSendSms" => "ConsentToSendSms",
        _ => "",
    };
    let values = record["CustomFields"].as_array().cloned().unwrap_or_default();
    let is_cleared = values.iter().any(|pair| pair["Clear"] == true) || record[member] == "";
    let values = values.iter().map(|pair| pair["Value"].as_str().unwrap().to_owned());
    let values: Vec<_> =
        record[member].as_str().map(str::to_owned).into_iter().chain(values).collect();
    match (is_cleared, values.is_empty() && codes.is_empty()) {
        (true, _) => Got::Cleared,
        (_, true) => Got::Nothing,
        _ => Got::Record(values, codes),
    }
}

fn expected(outcome: ExampleOutcome) -> Got {
    let one = |text: &str| vec![text.to_owned()];
    match outcome {
        ExampleOutcome::Sent(values) => {
            Got::Record(values.iter().map(ToString::to_string).collect(), vec![])
        }
        ExampleOutcome::SentWith(value, code) => Got::Record(one(value), vec![code]),
        ExampleOutcome::Cut => Got::Record(one(&LONG[..250]), vec![ProblemCode::Cut]),
        ExampleOutcome::Problem(code) => Got::Record(vec![], vec![code]),
        ExampleOutcome::Refused(code) => Got::Refused(code.word().into_owned()),
        ExampleOutcome::FileRefused => unreachable!("the storage refuses it"),
        ExampleOutcome::Kept => Got::Nothing,
        ExampleOutcome::Cleared => Got::Cleared,
    }
}

#[test]
fn every_example_is_what_is_sent() {
    let of_tables = tables().flat_map(|(parts, examples)| {
        parts.split(", ").flat_map(|part| examples.iter().map(move |example| (part, example)))
    });
    let of_empty = EMPTY.iter().map(|(part, example)| (*part, example));
    let is_read =
        |(_, example): &(&str, &Example)| !matches!(example.3, ExampleOutcome::FileRefused);
    for (part, example) in of_tables.chain(of_empty).filter(is_read) {
        let expected = match (part, expected(example.3)) {
            // An unchanged consent to text messages is left out of a record.
            ("consentToSendSms", Got::Record(values, codes)) if values == ["Unchanged"] => {
                if codes.is_empty() { Got::Nothing } else { Got::Record(vec![], codes) }
            }
            // Each option that the list lacks is a problem of its own.
            (_, Got::Record(values, codes)) if example.1 == "Gin; Rum" => {
                Got::Record(values, [codes.clone(), codes].concat())
            }
            (_, expected) => expected,
        };
        assert_eq!(got(part, example), expected, "{part} {example:?}");
    }
}

#[test]
fn every_part_has_an_example_of_whatever_the_data_holds() {
    for (part, examples) in tables() {
        for held in [Text, Number, Boolean, Day, Moment, Time] {
            assert!(examples.iter().any(|example| example.0 == held), "{part} {held:?}");
        }
    }
    for (part, _) in custom_fields::TABLES {
        let outcomes = || EMPTY.iter().filter(|(of, _)| of == part).map(|(_, example)| example.3);
        assert!(outcomes().any(|outcome| matches!(outcome, ExampleOutcome::Kept)), "{part}");
        assert!(outcomes().any(|outcome| matches!(outcome, ExampleOutcome::Cleared)), "{part}");
        // Any text that is not empty is a text.
        let has_problem = outcomes().any(|outcome| matches!(outcome, ExampleOutcome::Problem(_)));
        assert_eq!(has_problem, *part != "Text", "{part}");
    }
}

#[test]
fn every_problem_and_every_reason_in_a_profile_has_an_example() {
    let outcomes = || tables().flat_map(|(_, examples)| examples.iter()).map(|example| example.3);
    for code in ProblemCode::ALL {
        let has_it = |outcome| match outcome {
            ExampleOutcome::Problem(found) | ExampleOutcome::SentWith(_, found) => found == code,
            ExampleOutcome::Cut => code == ProblemCode::Cut,
            _ => false,
        };
        assert!(outcomes().any(has_it), "{code:?}");
    }
    for code in [
        RejectionCode::CustomerIdMissing,
        RejectionCode::AddressMissing,
        RejectionCode::AddressMalformed,
        RejectionCode::AddressTooLong,
        RejectionCode::AddressIsLink,
        RejectionCode::AddressWithName,
        RejectionCode::AddressTrailingCharacter,
        RejectionCode::SeveralAddresses,
        RejectionCode::ConsentUnreadable,
    ] {
        let has_it = |outcome| matches!(outcome, ExampleOutcome::Refused(found) if found == code);
        assert!(outcomes().any(has_it), "{code:?}");
    }
}
