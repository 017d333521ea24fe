//! Hides what a call says of people: an address keeps its first letters and its ending, a value its length and its
//! kinds of characters.
//!
//! Bodies may be cut off, so they are not parsed as a whole: literals are found one after the other.

use std::borrow::Cow;

/// Members whose texts are the vendor's own, or names that the account gave to lists and fields.
const SHOWN: [&str; 7] = ["Code", "Message", "Key", "FieldName", "DataType", "Title", "State"];
/// The member that has a value of a custom field; it may be a number.
const VALUE: &str = "Value";
/// Longer names of members are not the vendor's.
const MEMBER_CHARS_MAX: usize = 40;
/// The longest ending of a domain that is shown.
const ENDING_CHARS_MAX: usize = 10;
/// So many digits in a row may be a number of somebody.
const DIGITS_SHOWN: usize = 4;

/// `a***@e***.com`; of a text that is no address, as much as of a value.
pub fn mask_address(text: &str) -> String {
    let Some((local, domain)) = text.rsplit_once('@') else { return mask_value(text) };
    let first = |part: &str| part.chars().next().map(String::from).unwrap_or_default();
    let ending = domain.rsplit_once('.').map(|(_, ending)| ending);
    let is_short = |ending: &&str| {
        ending.len() <= ENDING_CHARS_MAX && ending.chars().all(|one| one.is_ascii_alphabetic())
    };
    let ending = ending.filter(is_short).map(|ending| format!(".{ending}"));
    format!("{}***@{}***{}", first(local), first(domain), ending.unwrap_or_default())
}

/// A body of a call or an answer, whole or cut off.
pub fn mask_body(body: &str) -> String {
    if body.trim_start().starts_with(['{', '[', '"']) { mask_json(body) } else { mask_words(body) }
}

fn mask_value(text: &str) -> String {
    let masked = |one: char| match one {
        '0'..='9' => '0',
        ' '..='/' | ':'..='@' => one,
        _ => 'x',
    };
    text.chars().map(masked).collect()
}

fn mask_json(body: &str) -> String {
    let (mut masked, mut member, mut rest) = (String::with_capacity(body.len()), "", body);
    while let Some(next) = rest.chars().next() {
        let end = match next {
            '"' => {
                let end = end_of_literal(rest);
                let literal = rest[1..end].strip_suffix('"');
                let text = match literal {
                    Some(name) if rest[end..].trim_start().starts_with(':') => {
                        member = name;
                        mask_member(name).into_owned()
                    }
                    Some(literal) => mask_literal(member, literal),
                    // Cut off: it may be the beginning of anything.
                    None => mask_value(&rest[1..end]),
                };
                masked.push_str(&quoted(&text));
                end
            }
            _ if next.is_alphanumeric() => {
                let end = rest.find(|one: char| !one.is_alphanumeric()).unwrap_or(rest.len());
                masked.push_str(&mask_bare(member, &rest[..end]));
                end
            }
            _ => {
                masked.push(next);
                next.len_utf8()
            }
        };
        rest = &rest[end..];
    }
    masked
}

/// Where a literal ends that begins here, its quotes included; at the end of a body that is cut off.
fn end_of_literal(text: &str) -> usize {
    let mut is_escaped = false;
    for (index, one) in text.char_indices().skip(1) {
        match one {
            '"' if !is_escaped => return index + 1,
            _ => is_escaped = one == '\\' && !is_escaped,
        }
    }
    text.len()
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn mask_member(name: &str) -> Cow<'_, str> {
    let is_name = |one: char| one.is_ascii_alphanumeric() || one == '_';
    if name.len() <= MEMBER_CHARS_MAX && name.chars().all(is_name) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(mask_value(name))
    }
}

fn mask_literal(member: &str, literal: &str) -> String {
    let text: String =
        serde_json::from_str(&format!("\"{literal}\"")).unwrap_or_else(|_| literal.to_owned());
    match member {
        // A handle in a custom field is no address, and its end may be a name.
        VALUE => mask_value(&text),
        member if SHOWN.contains(&member) => mask_words(&text),
        _ => mask_address(&text),
    }
}

/// A number, `true`, `false` or `null`.
fn mask_bare<'a>(member: &str, word: &'a str) -> Cow<'a, str> {
    let is_number = word.starts_with(|one: char| one.is_ascii_digit());
    if matches!(word, "true" | "false" | "null") || (is_number && member != VALUE) {
        return Cow::Borrowed(word);
    }
    // No number of JSON begins with a 0 and another digit.
    Cow::Owned(mask_value(word).replace('0', "9"))
}

/// Words in which addresses and long numbers are masked.
fn mask_words(text: &str) -> String {
    let is_end = |one: char| one.is_whitespace() || "\"'<>(),;:".contains(one);
    let mask = |word: &str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        if word.contains('@') || word.contains("%40") {
            mask_address(&word.replace("%40", "@"))
        } else if digits > DIGITS_SHOWN {
            mask_value(word)
        } else {
            word.to_owned()
        }
    };
    let parts = text.split_inclusive(is_end).map(|part| {
        let word = part.trim_end_matches(is_end);
        mask(word) + &part[word.len()..]
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_first_letters_and_its_ending() {
        for (address, expected) in [
            ("ann@example.com", "a***@e***.com"),
            ("Jānis.Bērziņš@pasts.lv", "J***@p***.lv"),
            ("x@localhost", "x***@l***"),
            ("@", "***@***"),
            ("not an address", "xxx xx xxxxxxx"),
        ] {
            assert_eq!(mask_address(address), expected);
        }
    }

    #[test]
    fn a_record_keeps_its_form_and_nothing_of_the_person() {
        let body = r#"{"Subscribers":[{"EmailAddress":"ann@example.com","Name":"Ann \"A\" Lee",
            "MobileNumber":"+371 2612","CustomFields":[{"Key":"city","Value":"Rīga"},
            {"Key":"points","Value":1234}],"ConsentToTrack":"Yes"}],"Resubscribe":false}"#;
        let masked = mask_body(body);
        let value: serde_json::Value = serde_json::from_str(&masked).unwrap();
        let record = &value["Subscribers"][0];
        assert_eq!(record["EmailAddress"], "a***@e***.com");
        assert_eq!(record["Name"], "xxx \"x\" xxx");
        assert_eq!(record["MobileNumber"], "+000 0000");
        assert_eq!(record["CustomFields"][0]["Key"], "city");
        assert_eq!(record["CustomFields"][0]["Value"], "xxxx");
        assert!(masked.contains(":9999}") && !masked.contains("1234"), "{masked}");
        assert_eq!(value["Resubscribe"], false);
    }

    #[test]
    fn a_body_that_is_cut_off_is_masked_up_to_its_last_character() {
        let body = r#"{"ResultData":{"FailureDetails":[{"EmailAddress":"bob@example.com","Code":1,
            "Message":"No bob@example.com"}]}}"#;
        for end in 1..body.len() {
            let masked = mask_body(&body[..end]);
            assert!(!masked.contains("bob") && !masked.contains("xample"), "{masked}");
        }
        assert!(mask_body(body).contains("\"Message\":\"No b***@e***.com\""));
    }

    #[test]
    fn a_page_of_a_proxy_stays_readable_without_addresses_and_long_numbers() {
        let page = "<h1>502 Bad Gateway</h1> GET /s.json?email=ann%40example.com, call 26123456";
        assert_eq!(mask_body(page), "<h1>502 Bad Gateway</h1> GET /***@e***.com, call 00000000");
    }
}
