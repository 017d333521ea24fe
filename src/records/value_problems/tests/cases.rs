//! Profiles with values of every kind, and mappings of every kind.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// The values of a profile by their fields; `None` is null.
pub(super) type Profile = BTreeMap<&'static str, Option<String>>;

/// A mapping, and profiles to send by it.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) mapping: Value,
    pub(super) profiles: Vec<Profile>,
}

const FIELDS: [&str; 4] = ["A", "B", "C", "D"];

/// Texts, numbers, booleans, days, moments, times and what is empty, each as the storage reads it.
fn value() -> impl Strategy<Value = Option<String>> {
    let nothing = select(vec!["", " ", "\u{200b}", "NULL", ";", "; ;", "[]", "[null]"]);
    let words = select(vec![
        "true",
        "false",
        "x",
        "no",
        "maybe",
        "Tea",
        "tea;Milk",
        "Tea,Gin",
        "Milk|Tea",
        "tea;TEA",
        "[\"Tea\", \"Gin\", 7]",
        "LV",
        "Latvia",
        "OH",
        "Atlantis",
        "+371 20000000",
        "20000000",
        "+44 (0)20 7946 0958",
        "+371 20000000 ext. 5",
        "1.234,56",
        "1e300",
        "\0\u{fdd0}1.5",
    ]);
    let day = (1880..2100_u16, 1..=13_u8, 1..=31_u8, 0..3_u8, 0..4_usize);
    let day = day.prop_map(|(year, month, day, form, time)| {
        let time = ["", "T10:00:00", "T23:30:00+02:00", " 23:30Z"][time];
        match form {
            0 => format!("{day:02}/{month:02}/{year}{time}"),
            1 => format!("{year}/{month:02}/{day:02}{time}"),
            _ => format!("{year}-{month:02}-{day:02}{time}"),
        }
    });
    prop_oneof![
        2 => Just(None),
        2 => nothing.prop_map(|text| Some(text.to_owned())),
        3 => words.prop_map(|text| Some(text.to_owned())),
        2 => day.prop_map(Some),
        2 => r" ?-?[0-9]{1,20}([.,][0-9]{1,4})? ?".prop_map(Some),
        2 => "[a-zA-Zāé𠮷 ]{1,12}".prop_map(Some),
        1 => (249..252_usize).prop_map(|length| Some("ā".repeat(length))),
    ]
}

fn field() -> impl Strategy<Value = Value> {
    select(FIELDS.to_vec()).prop_map(|field| json!({"field": field}))
}

fn constant() -> impl Strategy<Value = Value> {
    let texts = vec!["Tea", "+37120000000", "7", "1990-01-01", "maybe"];
    select(texts).prop_map(|text| json!({"constant": text}))
}

fn source() -> impl Strategy<Value = Value> {
    let templates =
        vec!["{{A}} {{B}}", "{{C}}", "{{D|-}}", "+{{A}}{{B|0}}", "{{A}}.{{B}}", "of {{C}}"];
    let template = select(templates).prop_map(|text| json!({"template": text}));
    prop_oneof![5 => field(), 1 => constant(), 2 => template]
}

/// A custom field, whose type stands before the number of its key.
fn custom(index: usize) -> impl Strategy<Value = Value> {
    let types =
        ["Text", "Number", "Date", "MultiSelectOne", "MultiSelectMany", "Country", "USState"];
    // What is in a value of several options must be counted here: so it is no template.
    let plain = prop_oneof![5 => field(), 1 => constant()];
    let parts = (select(types.to_vec()), source(), plain, 0..4_usize, any::<bool>());
    parts.prop_map(move |(data_type, source, plain, format, clears)| {
        let mut custom = if data_type == "MultiSelectMany" { plain } else { source };
        custom["key"] = format!("{data_type}-{index}").into();
        if let Some(format) = format_of(data_type, format) {
            custom["format"] = format;
        }
        if clears {
            custom["ifEmpty"] = "clear".into();
        }
        custom
    })
}

fn format_of(data_type: &str, index: usize) -> Option<Value> {
    let formats = match data_type {
        "Date" => [json!("dd/MM/yyyy"), json!("excelSerial"), json!("epochSeconds")],
        "Number" => {
            [json!({"decimal": ",", "group": "."}), json!({"decimal": ","}), json!({"group": " "})]
        }
        "MultiSelectMany" => [",", "|", "json"].map(|separator| json!({"separator": separator})),
        _ => return None,
    };
    formats.get(index).cloned()
}

fn consent() -> impl Strategy<Value = Value> {
    let same = select(vec!["yes", "no", "unchanged"]).prop_map(|word| json!(word));
    let own = (field(), select(vec!["reject", "no", "unchanged"]));
    let own = own.prop_map(|(mut consent, otherwise)| {
        consent["otherwise"] = otherwise.into();
        consent
    });
    prop_oneof![same, own]
}

fn mapping() -> impl Strategy<Value = Value> {
    let customs = (0..5_usize).prop_flat_map(|count| (0..count).map(custom).collect::<Vec<_>>());
    let parts = json!({"first": "A", "last": "B"});
    let name = prop::option::of(prop_oneof![3 => source(), 1 => Just(parts)]);
    let mobile = prop::option::of((source(), any::<bool>()));
    let switches = any::<[bool; 4]>();
    (customs, name, mobile, consent(), consent(), switches).prop_map(
        |(customs, name, mobile, track, sms, [repair, null_words, trim, country])| {
            let mut mapping = json!({"email": {"field": "Email", "repair": repair}, "customFields": customs,
                "consentToTrack": track, "consentToSendSms": sms, "trim": trim});
            let mut more = Map::new();
            more.extend(name.map(|name| ("name".to_owned(), name)));
            more.extend(mobile.map(|(mut mobile, clears)| {
                mobile["ifEmpty"] = if clears { "clear" } else { "keep" }.into();
                ("mobileNumber".to_owned(), mobile)
            }));
            more.extend(null_words.then(|| ("nullWords".to_owned(), json!(["NULL"]))));
            more.extend(country.then(|| ("defaultCountry".to_owned(), json!("LV"))));
            mapping.as_object_mut().unwrap().extend(more);
            mapping
        },
    )
}

/// Somebody with an address of their own, which may have a mistake, and values of any kind.
fn profile() -> impl Strategy<Value = (usize, [Option<String>; 4])> {
    (0..8_usize, [value(), value(), value(), value()])
}

fn named((row, (mistake, values)): (usize, (usize, [Option<String>; 4]))) -> Profile {
    let email = match mistake {
        0 => format!("mailto:p{row}@example.com"),
        1 => format!("p{row} at example.com"),
        _ => format!("p{row}@example.com"),
    };
    let ids = [("CustomerId", Some(row.to_string())), ("Email", Some(email))];
    ids.into_iter().chain(FIELDS.into_iter().zip(values)).collect()
}

/// Any mapping, and some profiles.
pub(super) fn case() -> impl Strategy<Value = Case> {
    let profiles = prop::collection::vec(profile(), 1..12);
    (mapping(), profiles).prop_map(|(mapping, profiles)| {
        let profiles = profiles.into_iter().enumerate().map(named).collect();
        Case { mapping, profiles }
    })
}
