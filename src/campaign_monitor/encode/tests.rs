//! Records as they are sent, and the values that did not fit.

use serde_json::{Value, json};

use super::*;
use crate::campaign_monitor::consent::ConsentWords;
use crate::campaign_monitor::layout::{CustomFieldColumn, MobileColumn};
use crate::campaign_monitor::values::{Form, Reading};

/// Columns 0 to 7 of a page, every one of them mapped.
fn layout() -> Layout {
    let field = |key: &str, column, data_type: &str| {
        let of_list = json!({"FieldName": key, "Key": format!("[{key}]"), "DataType": data_type,
            "FieldOptions": ["Tea", "Coffee"]});
        let form = Form::of(&serde_json::from_value(of_list).unwrap(), Reading::default());
        let (source, if_empty) = (Source::Column(column), IfEmpty::Keep);
        CustomFieldColumn { key: key.into(), source, form, if_empty }
    };
    Layout {
        email: 0,
        name: NameColumns::Parts(1, 2),
        mobile_number: Some(MobileColumn {
            source: Source::Column(3),
            country: None,
            if_empty: IfEmpty::Keep,
        }),
        custom_fields: vec![
            field("city", 4, "Text"),
            field("Points", 5, "Number"),
            field("interests", 6, "MultiSelectMany"),
        ],
        consent_to_track: ConsentSource::Column(7, ConsentWords::default()),
        consent_to_send_sms: ConsentSource::Fixed(Consent::Unchanged),
        resubscribe: false,
    }
}

struct OneRow<'a>([&'a str; 8]);

impl Cells for OneRow<'_> {
    fn get(&self, column: usize, _row: usize) -> Option<&str> {
        Some(self.0[column]).filter(|text| !text.is_empty())
    }
}

fn encoded(cells: [&str; 8]) -> (Value, Vec<Misfit>) {
    encoded_by(&layout(), cells)
}

fn encoded_by(layout: &Layout, cells: [&str; 8]) -> (Value, Vec<Misfit>) {
    let encoded = encode(layout, &OneRow(cells), &[0]);
    (serde_json::from_slice(&encoded.body).unwrap(), encoded.misfits)
}

#[test]
fn an_empty_value_clears_where_told_so_and_one_that_is_a_problem_never_does() {
    let mut layout = layout();
    layout.mobile_number.as_mut().unwrap().if_empty = IfEmpty::Clear;
    layout.custom_fields.iter_mut().for_each(|field| field.if_empty = IfEmpty::Clear);
    let fields = |body: &Value| body["Subscribers"][0]["CustomFields"].clone();

    let (empty, _) = encoded_by(&layout, ["ann@example.com", "", "", "", "", "", "", ""]);
    let clear = |key: &str| json!({"Key": key, "Value": "", "Clear": true});
    assert_eq!(fields(&empty), json!([clear("city"), clear("Points"), clear("interests")]));
    assert_eq!(empty["Subscribers"][0]["MobileNumber"], "");

    let (unfit, _) =
        encoded_by(&layout, ["ann@example.com", "", "", "none", "Riga", "many", "Gin", ""]);
    assert_eq!(fields(&unfit), json!([{"Key": "city", "Value": "Riga"}]));
    assert!(unfit["Subscribers"][0].get("MobileNumber").is_none());
}

#[test]
fn a_record_has_every_mapped_part_in_the_form_of_the_list() {
    let (body, misfits) = encoded([
        "ann@example.com",
        "Ann",
        "O’Brien",
        "+371 20000000",
        "Rīga",
        "12",
        "tea;Coffee",
        "true",
    ]);
    let expected = json!({
        "Subscribers": [{
            "EmailAddress": "ann@example.com",
            "Name": "Ann O’Brien",
            "MobileNumber": "+37120000000",
            "CustomFields": [
                {"Key": "city", "Value": "Rīga"},
                {"Key": "Points", "Value": "12"},
                {"Key": "interests", "Value": "Tea"},
                {"Key": "interests", "Value": "Coffee"},
            ],
            "ConsentToTrack": "Yes",
        }],
        "Resubscribe": false,
        "QueueSubscriptionBasedAutoResponders": false,
        "RestartSubscriptionBasedAutoresponders": false,
    });
    assert_eq!(body, expected);
    assert!(misfits.is_empty());
}

#[test]
fn empty_values_are_left_out_and_unfit_ones_are_named() {
    let long = "x".repeat(300);
    let (body, misfits) = encoded(["ann@example.com", "", "Lee", "none", &long, "many", "", ""]);
    let record = &body["Subscribers"][0];
    assert_eq!(record["Name"], "Lee");
    assert_eq!(record["ConsentToTrack"], "Unchanged");
    assert!(record.get("MobileNumber").is_none());
    assert_eq!(record["CustomFields"].as_array().unwrap().len(), 1);
    let misfits: Vec<_> = misfits.iter().map(|one| (one.target, one.code)).collect();
    let expected = [
        (Target::MobileNumber, ProblemCode::NotAPhoneNumber),
        (Target::CustomField(0), ProblemCode::Cut),
        (Target::CustomField(1), ProblemCode::NotANumber),
    ];
    assert_eq!(misfits, expected);
}

#[test]
fn a_consent_that_is_assumed_says_what_was_sent_instead() {
    let words = ConsentWords { otherwise: Some(Consent::No), ..ConsentWords::default() };
    let layout = Layout { consent_to_track: ConsentSource::Column(7, words), ..layout() };
    let row = OneRow(["ann@example.com", "", "", "", "", "", "", "maybe"]);
    let encoded = encode(&layout, &row, &[0]);
    let expected = Misfit {
        row: 0,
        target: Target::ConsentToTrack,
        code: ProblemCode::ConsentUnreadable,
        value: "maybe".into(),
        sent: Some("No".into()),
    };
    assert_eq!(encoded.misfits, [expected]);
    assert!(!encoded.targets[0].is_sent, "nothing that the profile says was sent");
}
