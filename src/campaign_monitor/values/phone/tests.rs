//! Numbers of every country, as people write them, and beside what the library alone makes of them.

use rlibphonenumber::{PhoneNumber, PhoneNumberType, get_national_significant_number_owned};

use super::*;

/// Numbers of every country, good and bad, and what the Python package `phonenumbers` makes of them.
const NUMBERS: &str = include_str!("../../../../tests/fixtures/phone_numbers.tsv");

fn sent(text: &str, country: &str) -> Option<String> {
    mobile_number(text, PhoneCountry::of(country))
}

#[test]
fn a_text_that_is_too_long_for_any_number_is_none() {
    let number = format!("+371{}20000000", " ".repeat(200));
    assert_eq!(sent(&number, "").as_deref(), Some("+37120000000"));
    for text in [format!("+371{}20000000", " ".repeat(300)), "1".repeat(600_000)] {
        assert_eq!(sent(&text, "LV"), None);
    }
}

#[test]
fn a_number_is_sent_in_e164_as_its_country_writes_it() {
    for (text, country, expected) in [
        ("+371 2000-0000", "", Some("+37120000000")),
        ("+371\u{a0}2000\u{200b}0000", "", Some("+37120000000")),
        ("+44 (0)20 7946 0958", "", Some("+442079460958")),
        ("+39 06 698 12345", "", Some("+390669812345")),
        ("20000000", "LV", Some("+37120000000")),
        ("00 371 20000000", "LV", Some("+37120000000")),
        ("(020) 7946 0958", "GB", Some("+442079460958")),
        ("030/23125000", "DE", Some("+493023125000")),
        ("20000000", "", None),
        ("20000000", "GB", None),
        ("+371 200000", "", None),
        ("+0123456789", "", None),
        ("+49 30 9018200000000000", "", None),
    ] {
        assert_eq!(sent(text, country).as_deref(), expected, "{text} {country}");
    }
}

#[test]
fn a_number_to_count_with_or_a_day_is_no_telephone_number() {
    for (text, country) in [
        ("+491701234567.0", "DE"),
        ("1701234567.0", "DE"),
        ("1701234567.00", "DE"),
        ("6641234567.0", "AT"),
        ("20000000.0", "LV"),
        ("2000000.5", "LV"),
        ("-20000000", "LV"),
        ("2024-01-15", "DE"),
        ("2024/01/15", "DE"),
        ("15.01.2024", "DE"),
        ("20-12-2000", "LV"),
    ] {
        assert_eq!(sent(text, country), None, "{text} {country}");
    }
    assert_eq!(sent("0170.123.4567", "DE").as_deref(), Some("+491701234567"));
    assert_eq!(sent("555.20.12", "LV"), None);
}

#[test]
fn digits_that_may_begin_with_the_code_of_the_country_or_of_an_area_are_ambiguous() {
    assert_eq!(sent("49 170 1234567", "DE"), None);
    assert_eq!(sent("491701234567", "DE"), None);
    assert_eq!(sent("+49 170 1234567", "DE").as_deref(), Some("+491701234567"));
    assert_eq!(sent("0049 170 1234567", "DE").as_deref(), Some("+491701234567"));
    assert_eq!(sent("371 20000000", "LV").as_deref(), Some("+37120000000"), "it is nothing else");
}

#[test]
fn what_may_be_anything_but_one_number_is_none() {
    for text in [
        "+371 20000000 ext. 5",
        "+371 20000000 x5",
        "+371 20000000#5",
        "+371 20000000;ext=5",
        "+371 20000000, +371 20000001",
        "+371 20000000 / 20000001",
        "+371 20000000+37120000001",
        "+49 30 2312500/1",
        "+1 800 FLOWERS",
        "tel:+37120000000",
        "n/a",
        "+",
        "",
    ] {
        assert_eq!(sent(text, "LV"), None, "{text}");
    }
}

#[test]
fn numbers_of_every_country_are_read_as_the_usual_library_reads_them_unless_they_are_ambiguous() {
    let rows = NUMBERS.lines().filter(|line| !line.starts_with('#'));
    let (mut count, mut ambiguous) = (0, 0);
    for row in rows {
        let [country, text, expected] = row.splitn(3, '\t').collect::<Vec<_>>()[..] else {
            panic!("{row} has three columns");
        };
        let digits = digits_of(text);
        let other = PhoneCountry::of(country).and_then(|country| country.with_code(&digits));
        let is_ambiguous = other.is_some_and(|other| !expected.is_empty() && other != expected);
        let expected = if is_ambiguous { "" } else { expected };
        assert_eq!(sent(text, country).unwrap_or_default(), expected, "{row}");
        count += 1;
        ambiguous += u32::from(is_ambiguous);
    }
    assert!(count > 500 && ambiguous < 10, "{count} numbers, {ambiguous} of them ambiguous");
}

#[test]
fn a_country_is_named_by_its_two_letters() {
    assert!(PhoneCountry::of("LV").is_some());
    for code in ["lv", "LVA", "XX", "", "ZZ", "001"] {
        assert!(PhoneCountry::of(code).is_none(), "{code}");
    }
}

/// What stands before the digits of a number that names its country, or before those of one that does not.
const BEFORE_CODES: [&str; 6] = ["+", "00", "011", "810", "0011", "000"];
const BEFORE_DIGITS: [&str; 8] = ["", "", "0", "1", "8", "06", "044", "015"];
const KINDS: [PhoneNumberType; 10] = [
    PhoneNumberType::FixedLine,
    PhoneNumberType::Mobile,
    PhoneNumberType::TollFree,
    PhoneNumberType::PremiumRate,
    PhoneNumberType::SharedCost,
    PhoneNumberType::VoIP,
    PhoneNumberType::PersonalNumber,
    PhoneNumberType::Pager,
    PhoneNumberType::UAN,
    PhoneNumberType::VoiceMail,
];
/// How often each example is written, another way each time.
const WRITTEN: usize = 6;

/// Numbers that look random, and are the same in every test.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        for shift in [13, -7, 17] {
            self.0 ^= if shift > 0 { self.0 << shift } else { self.0 >> -shift };
        }
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// The digits with up to two mistakes: one that is wrong, missing or too many.
    fn mistaken(&mut self, digits: &str) -> String {
        let mut digits = digits.to_owned();
        for _ in 0..self.below(3) {
            let at = self.below(digits.len());
            let other = self.of(&["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
            match self.below(3) {
                0 => digits.replace_range(at..=at, other),
                1 if digits.len() > 1 => digits.replace_range(at..=at, ""),
                _ => digits.insert_str(at, other),
            }
        }
        digits
    }

    fn written(&mut self, code: i32, national: &str) -> String {
        let national = self.mistaken(national);
        match self.below(3) {
            0 => format!("{}{national}", self.of(&BEFORE_DIGITS)),
            1 => format!("{}{code}{national}", self.of(&BEFORE_CODES)),
            _ => format!("{}{code}{}{national}", self.of(&["", "+"]), self.of(&BEFORE_DIGITS)),
        }
    }
}

/// The library's example of every kind of number of every country, and of those that belong to none.
fn examples() -> Vec<(Option<PhoneCountry>, PhoneNumber)> {
    let regions = PHONE_NUMBER_UTIL.get_supported_regions();
    let of_region = |region: Region| {
        let country = PhoneCountry::of(&region.to_string());
        let example =
            move |kind| PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind).ok();
        KINDS.into_iter().filter_map(example).map(move |number| (country, number))
    };
    let codes = PHONE_NUMBER_UTIL.get_supported_global_network_calling_codes();
    let of_none =
        codes.filter_map(|code| PHONE_NUMBER_UTIL.get_example_number_for_non_geo_entity(code).ok());
    regions.flat_map(of_region).chain(of_none.map(|number| (None, number))).collect()
}

#[test]
fn the_tables_and_the_library_make_the_same_of_every_number_and_the_tables_decide_most() {
    let (mut dice, mut decided, mut all) = (Dice(20_260_101), 0, 0);
    for (country, number) in examples() {
        let national = get_national_significant_number_owned(&number);
        for _ in 0..WRITTEN {
            let text = dice.written(number.country_code, &national);
            let country = country.filter(|_| dice.below(10) > 0);
            let named = country.map(|country| (country.region, country.calling_code));
            all += 1;
            if let Ok(found) = reading::e164(&text, named) {
                assert_eq!(found, valid_by_library(&text, country), "{text} {country:?}");
                decided += 1;
            }
        }
    }
    assert!(all > 6000 && decided * 10 > all * 9, "the tables decide {decided} of {all}");
}
