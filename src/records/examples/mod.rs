//! Examples of values: what is in the data, which field of the list it goes into, and what is sent.
//!
//! `docs/VALUES.md` is made of them, and tests send each one.

use crate::campaign_monitor::ProblemCode::{
    self, NotADate, NotANumber, NotAPhoneNumber, OutOfRange, UnknownCountry, UnknownOption,
};

/// What a field of the data holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataKind {
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
    /// It is not sent.
    Problem(ProblemCode),
    /// Its first 250 characters are sent.
    Cut,
}

use DataKind::{Boolean, Day, Moment, Number, Text, Time};
use ExampleOutcome::{Problem, Sent};

/// What is held, its value as text, what the mapping says beside the field and the key, and the outcome.
pub type Example = (DataKind, &'static str, &'static str, ExampleOutcome);

/// The options that the fields of the examples have.
pub const OPTIONS: [&str; 3] = ["Tea", "Bread; Butter", "Café"];

const LV: &str = r#""defaultCountry": "LV""#;
const DE: &str = r#""defaultCountry": "DE""#;
const SLASHES: &str = r#""format": "dd/MM/yyyy""#;
const GERMAN: &str = r#""format": {"decimal": ",", "group": "."}"#;
const RIGA: &str = r#""timezone": "Europe/Riga""#;
const JSON: &str = r#""format": {"separator": "json"}"#;
const COMMA: &str = r#""format": {"separator": ","}"#;

macro_rules! fifty {
    () => {
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };
}

/// A text that is one character too long.
pub const LONG: &str = concat!(fifty!(), fifty!(), fifty!(), fifty!(), fifty!(), "a");

/// The examples of each type of field; the mobile number is one of its own.
pub const EXAMPLES: &[(&str, &[Example])] = &[
    (
        "Text",
        &[
            (Text, "R&amp;D", "", Sent(&["R&amp;D"])),
            (Text, "007", "", Sent(&["007"])),
            (Text, LONG, "", ExampleOutcome::Cut),
            (Number, "1234.5", "", Sent(&["1234.5"])),
            (Boolean, "true", "", Sent(&["true"])),
            (Day, "1990-02-02", "", Sent(&["1990-02-02"])),
            (Moment, "1990-02-02T00:00:00+02:00", "", Sent(&["1990-02-02T00:00:00+02:00"])),
            (Time, "1990-02-02T00:00:00", "", Sent(&["1990-02-02T00:00:00"])),
        ],
    ),
    (
        "Number",
        &[
            (Text, "1.234", "", Sent(&["1.234"])),
            (Text, "1.234,56", "", Problem(NotANumber)),
            (Text, "1.234,56", GERMAN, Sent(&["1234.56"])),
            (Text, "1.23", GERMAN, Problem(NotANumber)),
            (Text, "1e3", "", Sent(&["1000"])),
            (Text, "1e300", "", Problem(OutOfRange)),
            (Text, "€12", "", Problem(NotANumber)),
            (Text, ".5", "", Sent(&["0.5"])),
            (Text, "0,125", r#""format": {"group": ","}"#, Problem(NotANumber)),
            (Number, "-12.5", "", Sent(&["-12.5"])),
            (Boolean, "true", "", Problem(NotANumber)),
            (Day, "1990-02-02", "", Problem(NotANumber)),
            (Moment, "1990-02-02T00:00:00+02:00", "", Problem(NotANumber)),
            (Time, "1990-02-02T00:00:00", "", Problem(NotANumber)),
        ],
    ),
    (
        "Date",
        &[
            (Text, "1990-02-02", "", Sent(&["1990/02/02"])),
            (Text, "1990/02/02", "", Sent(&["1990/02/02"])),
            (Text, "1990-02-02T00:00:00+02:00", "", Sent(&["1990/02/02"])),
            (Text, "1990-02-01T22:00:00Z", "", Sent(&["1990/02/01"])),
            (Text, "1990-02-01T22:00:00Z", RIGA, Sent(&["1990/02/02"])),
            (Text, "31/12/1990", "", Problem(NotADate)),
            (Text, "31/12/1990", SLASHES, Sent(&["1990/12/31"])),
            (Text, "31/12/1990 23:59:59", SLASHES, Sent(&["1990/12/31"])),
            (Text, "12/31/1990 11:59 PM", r#""format": "M/d/yyyy""#, Sent(&["1990/12/31"])),
            (Text, "31.12.1990.", r#""format": "dd.MM.yyyy""#, Sent(&["1990/12/31"])),
            (Text, "1990-12-31", SLASHES, Problem(NotADate)),
            (Text, "02/03/1990", "", Problem(NotADate)),
            (Text, "1899-12-31", "", Problem(OutOfRange)),
            (Text, "2076-06-07", "", Problem(OutOfRange)),
            (Text, "32905", r#""format": "excelSerial""#, Sent(&["1990/02/01"])),
            (Number, "32905", r#""format": "excelSerial""#, Sent(&["1990/02/01"])),
            (Number, "633909600", r#""format": "epochSeconds""#, Sent(&["1990/02/01"])),
            (
                Number,
                "633909600000",
                r#""format": "epochMillis", "timezone": "Europe/Riga""#,
                Sent(&["1990/02/02"]),
            ),
            (Number, "32905", "", Problem(NotADate)),
            (Boolean, "true", "", Problem(NotADate)),
            (Day, "1990-02-02", "", Sent(&["1990/02/02"])),
            (Moment, "1990-02-02T00:00:00+02:00", "", Sent(&["1990/02/02"])),
            (Moment, "1990-02-02T00:00:00+02:00", r#""timezone": "UTC""#, Sent(&["1990/02/01"])),
            (Time, "1990-02-02T00:00:00", "", Sent(&["1990/02/02"])),
            (Time, "1990-02-02T00:00:00", r#""timezone": "UTC""#, Sent(&["1990/02/02"])),
        ],
    ),
    (
        "MultiSelectOne",
        &[
            (Text, "tea", "", Sent(&["Tea"])),
            (Text, "Bread; Butter", "", Sent(&["Bread; Butter"])),
            (Text, "cafe", "", Sent(&["Café"])),
            (Text, "Gin", "", Problem(UnknownOption)),
            (Number, "1", "", Problem(UnknownOption)),
            (Boolean, "true", "", Problem(UnknownOption)),
            (Day, "1990-02-02", "", Problem(UnknownOption)),
            (Moment, "1990-02-02T00:00:00+02:00", "", Problem(UnknownOption)),
            (Time, "1990-02-02T00:00:00", "", Problem(UnknownOption)),
        ],
    ),
    (
        "MultiSelectMany",
        &[
            (Text, "tea;Bread; Butter", "", Sent(&["Tea", "Bread; Butter"])),
            (Text, "tea;TEA", "", Sent(&["Tea"])),
            (Text, "Tea,Café", COMMA, Sent(&["Tea", "Café"])),
            (Text, r#"["Tea", "Café"]"#, JSON, Sent(&["Tea", "Café"])),
            (Text, "Gin", "", Problem(UnknownOption)),
            (Number, "1", "", Problem(UnknownOption)),
            (Boolean, "true", "", Problem(UnknownOption)),
            (Day, "1990-02-02", "", Problem(UnknownOption)),
            (Moment, "1990-02-02T00:00:00+02:00", "", Problem(UnknownOption)),
            (Time, "1990-02-02T00:00:00", "", Problem(UnknownOption)),
        ],
    ),
    (
        "Country",
        &[
            (Text, "LV", "", Sent(&["Latvia"])),
            (Text, "LVA", "", Sent(&["Latvia"])),
            (Text, "latvia", "", Sent(&["Latvia"])),
            (Text, "UK", "", Sent(&["United Kingdom"])),
            (Text, "Côte d’Ivoire", "", Sent(&["Cote D'Ivoire"])),
            (Text, "Türkiye", "", Sent(&["Turkey"])),
            (Text, "U.K.", "", Sent(&["United Kingdom"])),
            (Text, "n/a", "", Problem(UnknownCountry)),
            (Text, "Atlantis", "", Problem(UnknownCountry)),
            (Number, "371", "", Problem(UnknownCountry)),
            (Boolean, "true", "", Problem(UnknownCountry)),
            (Day, "1990-02-02", "", Problem(UnknownCountry)),
            (Moment, "1990-02-02T00:00:00+02:00", "", Problem(UnknownCountry)),
            (Time, "1990-02-02T00:00:00", "", Problem(UnknownCountry)),
        ],
    ),
    (
        "USState",
        &[
            (Text, "OH", "", Sent(&["Ohio"])),
            (Text, "ohio", "", Sent(&["Ohio"])),
            (Text, "Riga", "", Problem(UnknownCountry)),
            (Number, "39", "", Problem(UnknownCountry)),
            (Boolean, "true", "", Problem(UnknownCountry)),
            (Day, "1990-02-02", "", Problem(UnknownCountry)),
            (Moment, "1990-02-02T00:00:00+02:00", "", Problem(UnknownCountry)),
            (Time, "1990-02-02T00:00:00", "", Problem(UnknownCountry)),
        ],
    ),
    (
        "mobileNumber",
        &[
            (Text, "+44 (0)20 7946 0958", "", Sent(&["+442079460958"])),
            (Text, "20000000", LV, Sent(&["+37120000000"])),
            (Text, "37120000000", LV, Sent(&["+37120000000"])),
            (Text, "20000000", "", Problem(NotAPhoneNumber)),
            (Text, "+371 20000000 ext. 5", "", Problem(NotAPhoneNumber)),
            (Text, "49 170 1234567", DE, Problem(NotAPhoneNumber)),
            (Text, "1701234567.0", DE, Problem(NotAPhoneNumber)),
            (Text, "2024-01-15", DE, Problem(NotAPhoneNumber)),
            (Number, "20000000", LV, Sent(&["+37120000000"])),
            (Boolean, "true", LV, Problem(NotAPhoneNumber)),
            (Day, "1990-02-02", LV, Problem(NotAPhoneNumber)),
            (Moment, "1990-02-02T00:00:00+02:00", LV, Problem(NotAPhoneNumber)),
            (Time, "1990-02-02T00:00:00", LV, Problem(NotAPhoneNumber)),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, RecordBatch, StringArray};
    use serde_json::{Value, json};

    use super::*;
    use crate::records::plan::Plan;

    /// The record that is sent for an example.
    fn sent(field: &str, (_, value, more, _): &Example) -> Value {
        let more: Value = serde_json::from_str(&format!("{{{more}}}")).unwrap();
        let mut mapping = json!({"email": "Email"});
        if field == "mobileNumber" {
            mapping["mobileNumber"] = "V".into();
            mapping.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        } else {
            let mut custom = json!({"field": "V", "key": "f"});
            custom.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            mapping["customFields"] = json!([custom]);
        }
        let has_own = field.starts_with("Multi");
        let options = if has_own { OPTIONS.to_vec() } else { vec![] };
        let known =
            json!([{"FieldName": "f", "Key": "[f]", "DataType": field, "FieldOptions": options}]);
        let known: Vec<_> = serde_json::from_value(known).unwrap();
        let plan = Plan::new(&serde_json::from_value(mapping).unwrap(), false, &known).unwrap();
        let page = [("0", "1"), ("1", "ann@example.com"), ("2", value)]
            .map(|(name, text)| (name, Arc::new(StringArray::from(vec![text])) as ArrayRef));
        let body = plan.encode(&RecordBatch::try_from_iter(page).unwrap(), &[0]).body;
        serde_json::from_slice::<Value>(&body).unwrap()["Subscribers"][0].clone()
    }

    #[test]
    fn every_example_is_what_is_sent() {
        for (field, examples) in EXAMPLES {
            for example in *examples {
                let record = sent(field, example);
                let number = record["MobileNumber"].as_str().map(str::to_owned);
                let values = record["CustomFields"].as_array().cloned().unwrap_or_default();
                let values = values.iter().map(|pair| pair["Value"].as_str().unwrap().to_owned());
                let got: Vec<String> = number.into_iter().chain(values).collect();
                match example.3 {
                    Sent(expected) => assert_eq!(got, expected, "{field} {example:?}"),
                    Problem(_) => assert!(got.is_empty(), "{field} {example:?}: {got:?}"),
                    ExampleOutcome::Cut => assert_eq!(got, [&LONG[..250]]),
                }
            }
        }
    }

    #[test]
    fn every_field_has_an_example_of_whatever_the_data_holds_and_every_problem_has_one() {
        for (field, examples) in EXAMPLES {
            for held in [Text, Number, Boolean, Day, Moment, Time] {
                assert!(examples.iter().any(|example| example.0 == held), "{field} {held:?}");
            }
        }
        let problems = EXAMPLES.iter().flat_map(|(_, examples)| examples.iter());
        let problems: Vec<_> = problems
            .filter_map(|example| match example.3 {
                Problem(code) => Some(code),
                Sent(_) => None,
                ExampleOutcome::Cut => Some(ProblemCode::Cut),
            })
            .collect();
        for code in [
            NotADate,
            OutOfRange,
            NotANumber,
            UnknownOption,
            UnknownCountry,
            NotAPhoneNumber,
            ProblemCode::Cut,
        ] {
            assert!(problems.contains(&code), "{code:?}");
        }
    }
}
