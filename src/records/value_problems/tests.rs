//! The law of values: whatever profiles and mappings are, each mapped value of a profile is sent, empty, or a counted
//! problem, and exactly one of these.

mod cases;
mod law;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};

use self::cases::{Case, Profile, case};
use self::law::{Told, check};
use crate::campaign_monitor::CustomField;
use crate::records::plan::Plan;
use crate::records::positions::Positions;
use crate::records::sifter::Sifter;

/// The options of every field that has some.
const OPTIONS: [&str; 2] = ["Tea", "Milk"];

fn plan(case: &Case) -> Plan {
    let field = |custom: &Value| {
        let key = custom["key"].as_str().unwrap();
        let data_type = key.split('-').next().unwrap();
        json!({"FieldName": key, "Key": format!("[{key}]"), "DataType": data_type, "FieldOptions":
            if data_type.starts_with("Multi") { OPTIONS.to_vec() } else { vec![] }})
    };
    let fields: Value =
        case.mapping["customFields"].as_array().unwrap().iter().map(field).collect();
    let fields: Vec<CustomField> = serde_json::from_value(fields).unwrap();
    Plan::new(&serde_json::from_value(case.mapping.clone()).unwrap(), false, &fields).unwrap()
}

fn page(columns: &[String], profiles: &[Profile]) -> RecordBatch {
    let column = |name: &String| {
        let cells = profiles.iter().map(|profile| profile.get(name.as_str()).cloned().flatten());
        Arc::new(cells.collect::<StringArray>()) as ArrayRef
    };
    let columns = columns.iter().map(|name| (name.clone(), column(name), true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// What a run sends of the profiles, and what it tells of their values.
fn told(case: &Case) -> Told {
    let plan = Arc::new(plan(case));
    let mut sifter = Sifter::new(Arc::clone(&plan), case.profiles.len(), 0, None);
    if plan.reads_consents() {
        let decisive = plan.decisive();
        sifter.hear(&decisive, &page(&decisive.columns, &case.profiles));
    }
    let rows = sifter.sift(page(&plan.columns, &case.profiles));
    let encoded = plan.encode(&rows.page, &rows.records);
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    let records = body["Subscribers"].as_array().unwrap().clone();
    let warnings = plan.names.warnings(&encoded);
    let columns = plan.columns_of(&rows.page);
    let problems = plan.names.problems(encoded.misfits, &columns, &Positions::From(0));
    let refused = rows.refused.iter().map(|refused| refused.position).collect();
    Told { records: rows.records.into_iter().zip(records).collect(), refused, problems, warnings }
}

proptest! {
    #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]

    #[test]
    fn each_mapped_value_is_sent_or_empty_or_a_counted_problem(case in case()) {
        let found = check(&case, &told(&case));
        prop_assert!(found.is_ok(), "{} in {case:#?}", found.unwrap_err());
    }
}

/// A case with every kind of outcome.
fn known() -> Case {
    let mapping = json!({"email": "Email", "mobileNumber": {"field": "A", "ifEmpty": "clear"},
        "customFields": [{"field": "B", "key": "Number-0"},
            {"field": "C", "key": "MultiSelectMany-1", "ifEmpty": "clear"}]});
    let profile = |row: usize, [a, b, c]: [Option<&str>; 3]| {
        let email = Some(format!("p{row}@example.com"));
        let cells =
            [("A", a), ("B", b), ("C", c)].map(|(name, cell)| (name, cell.map(str::to_owned)));
        let ids = [("CustomerId", Some(row.to_string())), ("Email", email)];
        ids.into_iter().chain(cells).collect()
    };
    let profiles = vec![
        profile(0, [Some("20000000"), Some("many"), Some("Tea;Gin")]),
        profile(1, [None, Some("7"), Some(";")]),
    ];
    Case { mapping, profiles }
}

#[test]
fn the_law_is_broken_where_a_value_is_lost_or_counted_otherwise_than_it_is_named() {
    let case = known();
    assert_eq!(check(&case, &told(&case)), Ok(()));
    for index in 0..told(&case).problems.len() {
        let mut forgetful = told(&case);
        forgetful.problems.remove(index);
        assert!(check(&case, &forgetful).is_err(), "problem {index} is not named");
    }
    for index in 0..told(&case).warnings.fields.len() {
        let mut wrong = told(&case);
        wrong.warnings.fields[index].by_code[0].count += 1;
        assert!(check(&case, &wrong).is_err(), "problem {index} is counted twice");
    }
    for (row, member) in [(0, "CustomFields"), (1, "CustomFields"), (1, "MobileNumber")] {
        let mut lossy = told(&case);
        lossy.records[row].1.as_object_mut().unwrap().remove(member);
        assert!(check(&case, &lossy).is_err(), "{member} of {row} is lost");
    }
}
