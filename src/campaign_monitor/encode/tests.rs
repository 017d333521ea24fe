//! Records as they are sent, and the values that did not fit.

use serde_json::{Value, json};

use super::*;

/// Columns 0 to 7 of a page, every one of them mapped.
fn layout() -> Layout {
    let many = Form::Many(vec!["Tea".into(), "Coffee".into()]);
    let field = |key: &str, column, form| CustomFieldColumn { key: key.into(), column, form };
    Layout {
        email: 0,
        name: NameColumns::Parts(1, 2),
        mobile_number: Some(3),
        custom_fields: vec![
            field("city", 4, Form::Text),
            field("Points", 5, Form::Number),
            field("interests", 6, many),
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
    let encoded = encode(&layout(), &OneRow(cells), &[0]);
    (serde_json::from_slice(&encoded.body).unwrap(), encoded.misfits)
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
