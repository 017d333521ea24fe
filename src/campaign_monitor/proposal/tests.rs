//! Which formats are proposed for which columns.

use serde_json::json;

use super::*;
use crate::campaign_monitor::values::Reading;

fn form(data_type: &str) -> Form {
    let field = json!({"FieldName": "Field", "Key": "[Field]", "DataType": data_type});
    Form::of(&serde_json::from_value(field).unwrap(), Reading::default())
}

fn dates() -> Form {
    form("Date")
}

fn numbers() -> Form {
    form("Number")
}

/// What is proposed for a column of these values: each format in JSON, and what it makes of the first value.
fn proposed(form: &Form, values: &[&str]) -> Vec<(String, String)> {
    let mut candidates = Candidates::of(form).unwrap();
    for value in values {
        candidates.see(value);
    }
    let text = |format| {
        let json = serde_json::to_value(format).unwrap();
        json.as_str().map_or(json.to_string(), str::to_owned)
    };
    let proposals = candidates.proposals().into_iter();
    proposals.map(|proposal| (text(proposal.format), proposal.sent)).collect()
}

#[track_caller]
fn check(form: &Form, values: &[&str], expected: &[(&str, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(format, sent)| ((*format).into(), (*sent).into())).collect();
    assert_eq!(proposed(form, values), expected, "{values:?}");
}

#[test]
fn a_format_that_alone_fits_every_date_is_proposed() {
    for (values, format, sent) in [
        (&["31/12/1990", "02/03/1990"][..], "dd/MM/yyyy", "1990/12/31"),
        (&["12/31/1990", "02/03/1990"], "MM/dd/yyyy", "1990/12/31"),
        (&["31.12.1990", "01.02.1990"], "dd.MM.yyyy", "1990/12/31"),
        (&["31-12-1990"], "dd-MM-yyyy", "1990/12/31"),
        (&["19901231", "20010203"], "yyyyMMdd", "1990/12/31"),
        (&["1990.12.31"], "yyyy.MM.dd", "1990/12/31"),
        (&["31/1/1990", "1/11/1990"], "d/M/yyyy", "1990/01/31"),
        (&["1/31/1990", "11/1/1990"], "M/d/yyyy", "1990/01/31"),
        (&["31/12/1990 00:00:00", "02/03/1990 9:30"], "dd/MM/yyyy", "1990/12/31"),
        (&["31.12.1990T10:00:00.123"], "dd.MM.yyyy", "1990/12/31"),
        (&["\u{200e}31/12/1990"], "dd/MM/yyyy", "1990/12/31"),
        (&["32905", "32905.5"], "excelSerial", "1990/02/01"),
        (&["1", "59"], "excelSerial", "1900/01/01"),
        (&["61"], "excelSerial", "1900/03/01"),
        (&["633830400", "-86400"], "epochSeconds", "1990/02/01"),
        (&["633830400000", "1000"], "epochMillis", "1990/02/01"),
    ] {
        check(&dates(), values, &[(format, sent)]);
    }
}

#[test]
fn where_day_and_month_can_change_places_both_are_proposed() {
    let both = [("dd/MM/yyyy", "1990/03/02"), ("MM/dd/yyyy", "1990/02/03")];
    check(&dates(), &["02/03/1990", "11/12/2001"], &both);
    let short = [("d/M/yyyy", "1990/03/02"), ("M/d/yyyy", "1990/02/03")];
    check(&dates(), &["2/3/1990", "11/12/2001"], &short);
}

#[test]
fn a_column_with_one_value_of_another_form_gets_no_proposal() {
    for values in [
        &["31/12/1990", "1990-12-31"][..],
        &["31/12/1990", "12/31/1990"],
        &["31/12/1990", "unknown"],
        &["1990-12-31"],
        &["31/02/1990"],
        &["31/12/90"],
        &["31/12/1990 or so"],
        &["31/12/1990 10"],
        &["été"],
        &["12345678901234567890"],
        &[""],
    ] {
        check(&dates(), values, &[]);
    }
    check(&dates(), &[], &[]);
    assert!(Candidates::of(&Form::Text).is_none());
}

#[test]
fn numbers_are_told_apart_by_their_points_and_commas() {
    let (comma, blank) = (r#"{"decimal":",","group":"."}"#, r#"{"decimal":",","group":" "}"#);
    let point = r#"{"decimal":".","group":","}"#;
    check(&numbers(), &["1.234,56", "12"], &[(comma, "1234.56")]);
    check(&numbers(), &["-1,5", "2"], &[(comma, "-1.5")]);
    check(&numbers(), &["1 234,56", "12"], &[(blank, "1234.56")]);
    check(&numbers(), &["1\u{a0}234\u{202f}567,5"], &[(blank, "1234567.5")]);
    check(&numbers(), &["1,234.56", "1,234"], &[(point, "1234.56")]);
    check(&numbers(), &["1,234"], &[(comma, "1.234"), (point, "1234")]);
    check(&numbers(), &["12,34,56"], &[]);
    check(&numbers(), &["1.2345,6"], &[]);
    check(&numbers(), &["12345.678,9"], &[]);
    check(&numbers(), &["many"], &[]);
    check(&numbers(), &["1,"], &[]);
}
