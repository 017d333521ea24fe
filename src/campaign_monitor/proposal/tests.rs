//! Which formats are proposed for which columns.

use jiff::tz::TimeZone;
use serde_json::json;

use super::*;
use crate::campaign_monitor::values::{Notation, NumberFormat, Reading, Zones};

fn form_read(data_type: &str, reading: Reading) -> Form {
    let options = ["Tea", "Bread; Butter", "Café"];
    let field = json!({"FieldName": "Field", "Key": "[Field]", "DataType": data_type, "FieldOptions": options});
    Form::of(&serde_json::from_value(field).unwrap(), reading)
}

fn form(data_type: &str) -> Form {
    form_read(data_type, Reading::default())
}

fn dates() -> Form {
    form("Date")
}

fn numbers() -> Form {
    form("Number")
}

fn proposal(form: &Form, values: &[&str]) -> Option<Proposal> {
    let mut candidates = Candidates::of(form, values.len().try_into().unwrap()).unwrap();
    for value in values {
        candidates.see(value);
    }
    candidates.proposal()
}

/// What is proposed for a column of these values: each format in JSON, and what it makes of a value.
fn proposed(form: &Form, values: &[&str]) -> Vec<(String, String)> {
    let text = |format| {
        let json = serde_json::to_value(format).unwrap();
        json.as_str().map_or(json.to_string(), str::to_owned)
    };
    let formats = proposal(form, values).map_or(vec![], |proposal| proposal.formats).into_iter();
    formats.map(|one| (text(one.format), one.sent)).collect()
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
        (&["12.31.1990"], "MM.dd.yyyy", "1990/12/31"),
        (&["31-12-1990"], "dd-MM-yyyy", "1990/12/31"),
        (&["12-31-1990"], "MM-dd-yyyy", "1990/12/31"),
        (&["19901231", "20010203"], "yyyyMMdd", "1990/12/31"),
        (&["31121990", "15061985"], "ddMMyyyy", "1990/12/31"),
        (&["12311990", "06151985"], "MMddyyyy", "1990/12/31"),
        (&["1990.12.31"], "yyyy.MM.dd", "1990/12/31"),
        (&["31.1.1990"], "dd.MM.yyyy", "1990/01/31"),
        (&["31.12.1990.", "1.2.1990"], "dd.MM.yyyy", "1990/12/31"),
        (&["31/1/1990", "1/11/1990"], "d/M/yyyy", "1990/01/31"),
        (&["1/31/1990", "11/1/1990"], "M/d/yyyy", "1990/01/31"),
        (&["31/12/1990 00:00:00", "02/03/1990 9:30"], "dd/MM/yyyy", "1990/12/31"),
        (&["12/31/1990 11:59 PM"], "MM/dd/yyyy", "1990/12/31"),
        (&["31/12/1990T10:00:00Z"], "dd/MM/yyyy", "1990/12/31"),
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
    for (values, day_first, month_first) in [
        (&["02/03/1990", "11/12/2001"][..], "dd/MM/yyyy", "MM/dd/yyyy"),
        (&["02-03-1990", "11-12-1991"], "dd-MM-yyyy", "MM-dd-yyyy"),
        (&["02.03.1990"], "dd.MM.yyyy", "MM.dd.yyyy"),
        (&["02031990", "11121991"], "ddMMyyyy", "MMddyyyy"),
        (&["2/3/1990", "11/12/2001"], "d/M/yyyy", "M/d/yyyy"),
    ] {
        let both = [(day_first, "1990/03/02"), (month_first, "1990/02/03")];
        check(&dates(), values, &both);
        let after_one_that_tells_nothing = [&["05/05/1990"; 1], values].concat();
        let values = if day_first.contains('/') { &after_one_that_tells_nothing } else { values };
        assert_eq!(proposed(&dates(), values)[0].1, "1990/03/02", "{values:?}");
    }
}

#[test]
fn a_value_is_read_in_the_zones_of_the_field_as_a_run_reads_it() {
    let zones = Zones { field: None, mapping: Some(TimeZone::get("Europe/Riga").unwrap()) };
    let dates = form_read("Date", Reading { zones, ..Reading::default() });
    check(&dates, &["633909600"], &[("epochSeconds", "1990/02/02")]);
    check(&dates, &["633909600000"], &[("epochMillis", "1990/02/02")]);
    check(&dates, &["31/12/1990 23:00Z"], &[("dd/MM/yyyy", "1991/01/01")]);
}

#[test]
fn what_a_run_would_not_send_is_not_proposed() {
    for values in [
        &["31/12/1990", "1990-12-31"][..],
        &["31/12/1990", "12/31/1990"],
        &["31/12/1990", "12/31/1990", "02/03/1990"],
        &["31/12/1990", "unknown", "never"],
        &["1990-12-31"],
        &["31/02/1990"],
        &["31/12/90"],
        &["31/12/1990 or so"],
        &["31/12/1990 10"],
        &["31/12/1990 25:61"],
        &["31/12/1990 10:5"],
        &["31/12/1890"],
        &["20760607"],
        &["été"],
        &["12345678901234567890"],
        &[""],
        &[],
    ] {
        check(&dates(), values, &[]);
    }
    assert!(Candidates::of(&Form::Text, 1).is_none());
}

#[test]
fn a_format_is_only_proposed_for_values_of_another_form_than_the_present_one() {
    check(&dates(), &["1899-12-31"], &[]);
    check(&numbers(), &["18446744073709551615"], &[]);
    check(&numbers(), &["1.234", "9223372036854775808123"], &[]);
    check(&numbers(), &["12\u{200e}"], &[]);
    let mostly_plain = [&["12"; 19][..], &["many"]].concat();
    check(&numbers(), &mostly_plain, &[]);
}

#[test]
fn a_format_that_fits_nine_of_ten_values_is_proposed_with_their_number_and_one_that_does_not_fit() {
    let days = |bad: &'static str| [&["31/12/1990"; 9][..], &[bad]].concat();
    for bad in ["x", "15.13.1979", "31/12/1890", "1990-12-31"] {
        let found = proposal(&dates(), &days(bad)).unwrap();
        assert_eq!((found.values, found.fitting, found.misfits), (10, 9, vec![bad.to_owned()]));
        let format = found.formats[0].format;
        assert_eq!(serde_json::to_value(format).unwrap(), "dd/MM/yyyy");
    }
}

#[test]
fn where_no_format_fits_nearly_all_the_best_one_is_proposed_if_it_fits_half() {
    let points = ["982.345,44", "1.345,44", "12,50 EUR", "€ 99,00"];
    let values = [&["1 234,56"; 8][..], &points].concat();
    let found = proposal(&numbers(), &values).unwrap();
    assert_eq!((found.values, found.fitting, found.present), (12, 8, 0));
    assert_eq!(found.misfits, ["982.345,44", "€ 99,00", "12,50 EUR"], "one of each kind");
    check(&numbers(), &values, &[(r#"{"decimal":",","group":" "}"#, "1234.56")]);
    let comma = Notation::Number(NumberFormat { decimal: ',', group: None });
    let with_comma = form_read("Number", Reading { format: Some(comma), ..Reading::default() });
    let values = [&["1 234,56"; 6][..], &["12,5"; 2], &points].concat();
    let found = proposal(&with_comma, &values).unwrap();
    assert_eq!((found.values, found.fitting, found.present), (12, 8, 2));
    check(&numbers(), &[&["1 234,56"; 3][..], &points].concat(), &[]);
    let both = [&["02/03/1990"; 3][..], &["x"; 2]].concat();
    check(&dates(), &both, &[("dd/MM/yyyy", "1990/03/02"), ("MM/dd/yyyy", "1990/02/03")]);
    check(&dates(), &[&["32905"; 3][..], &["x"; 2]].concat(), &[]);
    let other = [&["31/12/1990"; 3][..], &["19901231"; 2]].concat();
    check(&dates(), &other, &[("dd/MM/yyyy", "1990/12/31")]);
    let american = [&["31/12/1990", "02/03/1990", "05/05/1990"][..], &["12/31/1990"]].concat();
    check(&dates(), &american, &[]);
}

#[test]
fn words_that_stand_for_nothing_do_not_count() {
    let found = proposal(&dates(), &["31/12/1990", "NULL", "-", "n/a", "0000-00-00"]).unwrap();
    assert_eq!((found.values, found.fitting, found.misfits), (1, 1, vec![]));
}

#[test]
fn numbers_are_told_apart_by_their_points_and_commas() {
    let (comma, blank) = (r#"{"decimal":",","group":"."}"#, r#"{"decimal":",","group":" "}"#);
    let (point, point_blank) = (r#"{"decimal":".","group":","}"#, r#"{"decimal":".","group":" "}"#);
    let swiss = r#"{"decimal":".","group":"'"}"#;
    check(&numbers(), &["1.234,56", "12"], &[(comma, "1234.56")]);
    check(&numbers(), &["-1,5", "2"], &[(comma, "-1.5")]);
    check(&numbers(), &["1 234,56", "12"], &[(blank, "1234.56")]);
    check(&numbers(), &["1\u{a0}234\u{202f}567,5"], &[(blank, "1234567.5")]);
    check(&numbers(), &["1\u{2009}234,5"], &[(blank, "1234.5")]);
    check(&numbers(), &["1,234.56", "1,234"], &[(point, "1234.56")]);
    check(&numbers(), &["12,34,567.8"], &[(point, "1234567.8")]);
    check(&numbers(), &["1'234.50"], &[(swiss, "1234.50")]);
    check(&numbers(), &["1 234.50"], &[(point_blank, "1234.50")]);
    check(&numbers(), &["1,234"], &[(comma, "1.234"), (point, "1234")]);
    check(&numbers(), &["1 234"], &[(blank, "1234"), (point_blank, "1234")]);
    for value in ["12,34,56", "1.2345,6", "12345.678,9", "many"] {
        check(&numbers(), &[value], &[]);
    }
}

#[test]
fn what_separates_options_is_proposed_where_every_piece_is_an_option() {
    let options = form("MultiSelectMany");
    let separator = |mark: &str| format!(r#"{{"separator":"{mark}"}}"#);
    check(&options, &["tea,Cafe", "Tea"], &[(&separator(","), "Tea;Café")]);
    check(&options, &["Tea|Bread; Butter"], &[(&separator("|"), "Tea;Bread; Butter")]);
    check(&options, &[r#"["Tea","Café"]"#, "Tea"], &[(&separator("json"), "Tea;Café")]);
    check(&options, &["Tea,Gin"], &[]);
    check(&options, &["Tea;Café"], &[]);
}
