//! Addresses that are accepted, those that are not, and who is meant by them.

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::*;

#[test]
fn common_addresses_are_accepted() {
    for address in [
        "ann@example.com",
        "o'brien+news@mail.example.co.uk",
        "a_b-c.d@under_score.example.museum",
        "ann@example.xn--p1ai",
        "BOB@EXAMPLE.XN--P1AI",
    ] {
        assert_eq!(check(address).unwrap(), address);
    }
    assert_eq!(check("  ann@example.com\t").unwrap(), "ann@example.com");
}

#[test]
fn what_nobody_sees_is_taken_off_and_a_domain_of_another_script_is_sent_as_punycode() {
    for (text, expected) in [
        ("\u{200b}ann@example.com", "ann@example.com"),
        ("bob@example.com\u{200e}", "bob@example.com"),
        ("d\u{ad}an@example.com", "dan@example.com"),
        ("\u{feff}eve@exam\u{2060}ple.com", "eve@example.com"),
        ("\u{a0}ann@example.com\u{a0}", "ann@example.com"),
        ("ann\u{a0}@example.com", "ann@example.com"),
        ("ann@\u{202f}example.com", "ann@example.com"),
        ("ann@example.com\u{fe0f}", "ann@example.com"),
        ("\u{3164}ann@example.com\u{e0020}", "ann@example.com"),
        ("eve@bücher.example", "eve@xn--bcher-kva.example"),
        ("eve@BÜCHER.example", "eve@xn--bcher-kva.example"),
        ("иван@пример.рф", ""),
    ] {
        assert_eq!(check(text).unwrap_or_default(), expected, "{text:?}");
    }
}

#[test]
fn the_usual_mistakes_have_names() {
    for (address, flaw) in [
        ("", Flaw::Missing),
        (" \u{200b} ", Flaw::Missing),
        ("mailto:ann@example.com", Flaw::Link),
        ("MAILTO:ann@example.com", Flaw::Link),
        ("Ann <ann@example.com>", Flaw::WithName),
        ("<ann@example.com>", Flaw::WithName),
        ("ann@example.com.", Flaw::TrailingCharacter('.')),
        ("ann@example.com;", Flaw::TrailingCharacter(';')),
        ("ann@example.com,", Flaw::TrailingCharacter(',')),
        ("ann@example.com; bob@example.com", Flaw::Several),
        ("ann@example.com,bob@example.com", Flaw::Several),
        ("ann@example.com bob@example.com", Flaw::Several),
        ("ann@example.com\u{a0}bob@example.com", Flaw::Several),
        ("ann@example.com <bob@example.com>", Flaw::Several),
        ("ann@example.com, ann@example.com", Flaw::Several),
        ("ann@example.com <mailto:ann@example.com>", Flaw::WithName),
        ("mailto:ann@example.com?subject=hello", Flaw::Link),
        ("ann@example.com.;", Flaw::TrailingCharacter(';')),
        ("Ann <ann@example.com>;", Flaw::TrailingCharacter(';')),
    ] {
        assert_eq!(check(address), Err(flaw), "{address}");
    }
    let long = format!("a@{}example.com", "b.".repeat(150));
    assert_eq!(check(&long), Err(Flaw::TooLong));
}

#[test]
fn a_usual_mistake_can_be_taken_off_where_one_address_is_left() {
    for (text, expected) in [
        ("mailto:ann@example.com", Some("ann@example.com")),
        ("Ann <ann@example.com>", Some("ann@example.com")),
        ("ann@example.com.", Some("ann@example.com")),
        ("Eve <eve@bücher.example>", Some("eve@xn--bcher-kva.example")),
        ("ann@example.com <mailto:Ann@example.com>", Some("Ann@example.com")),
        ("Ann <mailto:ann@example.com>;", Some("ann@example.com")),
        ("mailto:ann@example.com?cc=bob", Some("ann@example.com")),
        ("ann@example.com; bob@example.com", None),
        ("ann@@example.com", None),
        ("", None),
    ] {
        assert_eq!(repaired(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn whoever_is_meant_by_a_mistaken_address_is_known_so_that_their_no_is_heard() {
    for text in [
        "mailto:ann@example.com",
        "mailto:ann@example.com?subject=no",
        "Ann <ann@example.com>",
        "<ann@example.com>;",
        "ann@example.com.",
        "'ann@example.com'",
        "“ann@example.com”",
        "ann@example.com (home)",
        "ann@example.com; bob@example.com",
        "ann@exam\u{200b}ple.com!",
    ] {
        assert_eq!(meant(text).as_deref(), Some("ann@example.com"), "{text}");
    }
    for text in ["", "ann", "ann@", "@example.com", "ann at example.com"] {
        assert_eq!(meant(text), None, "{text}");
    }
}

#[test]
fn a_broken_rule_is_told_with_its_place() {
    for (address, rule) in [
        ("ann", "it has no @"),
        ("ann@example", "its domain has no dot"),
        ("@bad", "nothing stands before the @"),
        ("@example.com", "nothing stands before the @"),
        ("ann@ex–ample.com", "“–” at place 7 cannot be in it"),
        ("ann@ex→ample.com", "“→” at place 7 cannot be in it"),
        ("ann@@example.com", "a second @ stands at place 5"),
        (".ann@example.com", "before the @, a dot stands first, last or beside another dot"),
        ("an..n@example.com", "before the @, a dot stands first, last or beside another dot"),
        ("ann lee@example.com", "a blank stands at place 4"),
        ("ann\u{a0}lee@example.com", "“U+00A0” at place 4 cannot be in it"),
        ("Ann\u{a0}ann@example.com", "“U+00A0” at place 4 cannot be in it"),
        ("ann@example.com\u{a0}Home", "“U+00A0” at place 16 cannot be in it"),
        ("\"ann\"@example.com", "“\"” at place 1 cannot be in it"),
        ("ann@[127.0.0.1]", "“[” at place 5 cannot be in it"),
        ("ann@example.c", "“c” is not the end of a domain"),
        ("ann@example.123", "“123” is not the end of a domain"),
        ("ann@example..com", "a part of its domain is empty, or longer than 63 characters"),
        ("анна@example.com", "“а” at place 1 cannot be in it"),
    ] {
        assert_eq!(check(address), Err(Flaw::Malformed(rule.into())), "{address}");
    }
}

proptest! {
    #![proptest_config(Config { cases: 4000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn one_pass_and_the_rules_agree_about_plain_addresses(
        text in r"[a-c.@+_~-]{0,12}@[a-cA-C0-9.@_-]{0,12}\.[a-z0-9]{0,4}",
        long in 55_usize..70,
    ) {
        for text in [text.clone(), text.replacen('a', &"a".repeat(long), 1)] {
            prop_assert_eq!(keeps_every_rule(&text), broken_rule(&text).is_none(), "{}", text);
        }
    }

    #[test]
    fn what_passes_breaks_no_rule(text in r"\PC{0,20}@\PC{0,20}") {
        prop_assert!(!keeps_every_rule(&text) || broken_rule(&text).is_none());
    }
}

#[test]
fn an_address_of_the_greatest_length_passes() {
    let domain = format!("{0}.{0}.{0}", "d".repeat(LABEL_BYTES_MAX));
    let address = format!("{}@{}", "l".repeat(62), &domain[..domain.len() - 4]);
    assert_eq!((address.len(), broken_rule(&address)), (250, None));
    assert!(keeps_every_rule(&address));
    assert!(!keeps_every_rule(&address.replacen('l', "llllll", 1)), "it is too long");
}
