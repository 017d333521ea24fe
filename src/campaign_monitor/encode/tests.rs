//! Records as they are sent, and the values that did not fit.

use serde_json::{Value, json};

use super::*;
use crate::campaign_monitor::consent::ConsentWords;
use crate::campaign_monitor::layout::{CustomFieldColumn, EmailColumn, MobileColumn};
use crate::campaign_monitor::source::TemplatePart;
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
        email: EmailColumn { column: 0, repair: false },
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
fn options_of_which_there_are_none_are_empty_and_clear_where_told_so() {
    let mut layout = layout();
    layout.custom_fields[2].if_empty = IfEmpty::Clear;
    for none in [";", "; ;"] {
        let (body, misfits) = encoded_by(&layout, ["a@example.com", "", "", "", "", "", none, ""]);
        let cleared = json!([{"Key": "interests", "Value": "", "Clear": true}]);
        assert_eq!(
            (&body["Subscribers"][0]["CustomFields"], misfits),
            (&cleared, vec![]),
            "{none}"
        );
    }
}

#[test]
fn a_name_that_is_too_long_is_cut_and_named() {
    let (first, last) = ("é".repeat(200), "x".repeat(100));
    let expected = format!("{first} {}", "x".repeat(49));
    let (body, misfits) = encoded(["a@example.com", &first, &last, "", "", "", "", ""]);
    assert_eq!(body["Subscribers"][0]["Name"], expected);
    let told: Vec<_> = misfits.iter().map(|one| (one.target, one.code)).collect();
    assert_eq!(told, [(Target::Name, ProblemCode::Cut)]);
    assert_eq!(misfits[0].sent.as_ref(), Some(&expected));
    let long = Layout { name: NameColumns::Full(Source::Column(1)), ..layout() };
    let (body, misfits) =
        encoded_by(&long, ["a@example.com", &"x".repeat(251), "", "", "", "", "", ""]);
    assert_eq!((&body["Subscribers"][0]["Name"], misfits.len()), (&json!("x".repeat(250)), 1));
}

#[test]
fn what_a_template_that_lacks_a_part_leaves_of_a_number_is_not_sent() {
    let part = |column| TemplatePart::Column(column, None);
    let joined = |between: &str| {
        Source::Template(vec![part(1), TemplatePart::Text(between.into()), part(2)])
    };
    let mut layout = Layout { name: NameColumns::None, ..layout() };
    layout.custom_fields[1].source = joined(".");
    layout.mobile_number.as_mut().unwrap().source = joined("");
    for (first, last, number, points) in [
        ("+371", "20000000", 1, 0),
        ("+37120000000", "", 0, 0),
        ("12", "50", 0, 1),
        ("12", "", 0, 0),
        ("", "50", 0, 0),
    ] {
        let (body, misfits) =
            encoded_by(&layout, ["a@example.com", first, last, "", "", "", "", ""]);
        let record = &body["Subscribers"][0];
        let sent = usize::from(record.get("MobileNumber").is_some());
        assert_eq!(sent, number, "{first} {last}");
        let fields = record["CustomFields"].as_array().unwrap();
        let sent = fields.iter().filter(|field| field["Value"] != "").count();
        // “+371.20000000” is a number too.
        assert_eq!(sent, usize::from(points == 1 || first == "+371"), "{first} {last}");
        assert_eq!(misfits.len(), 2 - number - sent, "{first} {last}");
    }
}

#[test]
fn a_usual_mistake_in_an_address_is_taken_off_where_told_so_and_named() {
    let layout = Layout { email: EmailColumn { column: 0, repair: true }, ..layout() };
    let (body, misfits) =
        encoded_by(&layout, ["mailto:ann@example.com", "", "", "", "", "", "", ""]);
    assert_eq!(body["Subscribers"][0]["EmailAddress"], "ann@example.com");
    let expected = Misfit {
        row: 0,
        target: Target::Email,
        code: ProblemCode::Repaired,
        value: "mailto:ann@example.com".into(),
        sent: Some("ann@example.com".into()),
    };
    assert_eq!(misfits, [expected]);
    let (_, misfits) = encoded_by(&layout, ["ann@example.com", "", "", "", "", "", "", ""]);
    assert!(misfits.is_empty());
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
    let words = ConsentWords::new([""; 0], [""; 0], Some(Consent::No));
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
    assert_eq!(encoded.targets[0].sent, 0, "nothing that the profile says was sent");
}
