//! Countries and states of the USA: their codes and names, and the spelling that Campaign Monitor has for each.
//!
//! The codes are those of ISO 3166-1. A table of our own, because the libraries of countries have neither the vendor's
//! spellings nor the names that people write.

use super::choice::{Choices, without_accents};

/// Of each country: two letters, three letters, and its names. Campaign Monitor's spelling comes first; `~` marks one
/// that the country is only sent as, because the vendor has nothing closer.
const COUNTRIES: &str = include_str!("countries.txt");
/// Of each state: its postal code, and its names.
const STATES: &str = include_str!("us_states.txt");

/// How many codes stand before the names of a line.
const COUNTRY_CODES: usize = 2;
const STATE_CODES: usize = 1;
/// Names that are so short are codes too, such as `UK`.
const CODE_LETTERS_MAX: usize = 3;

pub(super) fn countries(options: &[String]) -> Choices {
    choices(options, COUNTRIES, COUNTRY_CODES)
}

pub(super) fn states(options: &[String]) -> Choices {
    choices(options, STATES, STATE_CODES)
}

/// The options of the list, or where it names none the vendor's own, each also under its codes and other names.
fn choices(options: &[String], table: &str, codes: usize) -> Choices {
    let mut choices = if options.is_empty() {
        let first = |line: &str| line.split('|').nth(codes).map(str::to_owned);
        Choices::folded_by(&table.lines().filter_map(first).collect::<Vec<_>>(), fold)
    } else {
        Choices::folded_by(options, fold)
    };
    for line in table.lines() {
        let names: Vec<&str> = line.split('|').collect();
        let spelling = |name: &&str| choices.position(name.trim_start_matches('~'));
        if let Some(option) = names[codes..].iter().find_map(spelling) {
            let others = names.iter().filter(|name| !name.starts_with('~'));
            others.for_each(|name| add(&mut choices, name, option));
        }
    }
    choices
}

/// A code is known as it is, and with points (`U.S.A.`): `n/a` is not Namibia.
fn add(choices: &mut Choices, name: &str, option: usize) {
    if name.len() > CODE_LETTERS_MAX {
        return choices.also(name, option);
    }
    let with_points: String = name.chars().flat_map(|letter| [letter, '.']).collect();
    choices.also_exactly(name, option);
    choices.also_exactly(&with_points, option);
    choices.also_exactly(with_points.trim_end_matches('.'), option);
}

/// What two spellings of a country have in common: its letters, without accents, blanks and punctuation.
fn fold(name: &str) -> String {
    let plain = without_accents(name);
    let plain = plain.strip_prefix("the ").unwrap_or(&plain);
    let plain = match plain.strip_prefix("saint ") {
        Some(rest) => format!("st {rest}"),
        None => plain.to_owned(),
    };
    plain.replace('&', "and").chars().filter(|letter| letter.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_sent_in_the_spelling_of_campaign_monitor() {
        let countries = countries(&[]);
        for (value, spelling) in [
            ("LV", Some("Latvia")),
            ("LVA", Some("Latvia")),
            ("lv", Some("Latvia")),
            ("latvia", Some("Latvia")),
            ("Côte d'Ivoire", Some("Cote D'Ivoire")),
            ("Côte d’Ivoire", Some("Cote D'Ivoire")),
            ("Ivory Coast", Some("Cote D'Ivoire")),
            ("Türkiye", Some("Turkey")),
            ("Czechia", Some("Czech Republic")),
            ("UK", Some("United Kingdom")),
            ("GB", Some("United Kingdom")),
            ("U.S.A.", Some("United States of America")),
            ("United States", Some("United States of America")),
            ("The Netherlands", Some("Netherlands")),
            ("Bosnia and Herzegovina", Some("Bosnia & Herzegovina")),
            ("Saint Lucia", Some("St Lucia")),
            ("South Korea", Some("Korea South")),
            ("Colombia", Some("Columbia")),
            ("Korea", None),
            ("Atlantis", None),
            ("XX", None),
            ("-", None),
            ("n/a", None),
            ("N/A.", None),
            ("s/d", None),
            ("N/I", None),
            ("n/c", None),
            ("C/O", None),
            ("a/s", None),
            ("n u", None),
            ("L.V.", Some("Latvia")),
            ("U.K.", Some("United Kingdom")),
        ] {
            assert_eq!(countries.find(value), spelling, "{value}");
        }
    }

    #[test]
    fn the_answer_is_an_option_of_the_list() {
        let options = ["Great Britain".to_owned(), "Serbia & Montenegro".into(), "Türkiye".into()];
        let countries = countries(&options);
        assert_eq!(countries.find("GB"), Some("Great Britain"));
        assert_eq!(countries.find("RS"), Some("Serbia & Montenegro"));
        assert_eq!(countries.find("Turkey"), Some("Türkiye"));
        assert_eq!(countries.find("Latvia"), None);
    }

    #[test]
    fn a_state_has_a_postal_code() {
        let states = states(&[]);
        for (value, name) in [
            ("OH", Some("Ohio")),
            ("ohio", Some("Ohio")),
            ("Washington, D.C.", Some("District of Columbia")),
            ("WA", Some("Washington")),
            ("Riga", None),
            ("PR", None),
            ("n/d", None),
            ("o h", None),
            ("O.H.", Some("Ohio")),
        ] {
            assert_eq!(states.find(value), name, "{value}");
        }
    }

    #[test]
    fn every_country_has_two_codes_and_a_name_and_no_name_stands_for_two() {
        let mut owners = std::collections::HashMap::new();
        for line in COUNTRIES.lines() {
            let names: Vec<&str> = line.split('|').collect();
            assert!(names[0].len() == 2 && names[1].len() == 3 && names.len() > 2, "{line}");
            for name in names.iter().filter(|name| !name.starts_with('~')) {
                let owner = *owners.entry(fold(name)).or_insert(names[0]);
                assert_eq!(owner, names[0], "{name}");
            }
        }
    }
}
