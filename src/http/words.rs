//! What serde reports, in words for people. They never repeat a value that was sent, nor the names of our types.

use crate::params::Params;

/// What an id looks like.
pub(super) const AN_ID: &str = "an id such as `0198c5a2-7d3e-7b4c-9a51-3f6c2d8e1b47`";

/// What is wrong with a value, as what follows its name: "must be a text, not a number".
pub(super) fn predicate(text: &str) -> String {
    if text.starts_with("missing field ") {
        return "is missing".to_owned();
    }
    if text.starts_with("duplicate field ") {
        return "is there twice".to_owned();
    }
    if let Some(rest) = text.strip_prefix("unknown field ") {
        return unknown(rest);
    }
    if text.starts_with("UUID parsing failed") {
        return format!("must be {AN_ID}");
    }
    if text.starts_with("data did not match any variant") {
        return "is not valid".to_owned();
    }
    // A value may contain anything; what follows the last of these words is ours.
    match (text.split_once(' '), text.rsplit_once(", expected ")) {
        (Some(("invalid", rest)), Some((_, expected))) if rest.starts_with("type") => {
            let found = rest.strip_prefix("type: ").map_or("", found);
            format!("must be {}{found}", wanted(expected))
        }
        (Some(("invalid", rest)), Some((_, expected)))
            if rest.starts_with("value: ") || rest.starts_with("length ") =>
        {
            format!("must be {}", wanted(expected))
        }
        (_, Some((_, expected))) if text.starts_with("unknown variant ") => {
            format!("must be {expected}")
        }
        _ => format!("is not valid: {text}"),
    }
}

/// The values in those words: what a member must be, what an object can have, and the reason of a rule of ours.
pub(super) fn params(text: &str) -> Params {
    let expected = text.rsplit_once(", expected ").map(|(_, expected)| expected);
    if ["missing field ", "duplicate field "].iter().any(|lead| text.starts_with(lead)) {
        return Params::default();
    }
    if let Some(rest) = text.strip_prefix("unknown field ") {
        let cause = rest.rsplit_once(": ").map(|(_, why)| Params::default().with("cause", why));
        return cause.unwrap_or_else(|| named("members", expected.unwrap_or_default()));
    }
    if text.starts_with("UUID parsing failed") {
        return Params::default().with("expected", AN_ID);
    }
    match expected {
        Some(words) if text.starts_with("unknown variant ") => named("choices", words),
        Some(words) if text.starts_with("invalid ") => {
            Params::default().with("expected", wanted(words))
        }
        _ => Params::default().with("cause", text),
    }
}

/// The names in backticks, with a comma between them, as one value; nothing where there are none.
pub(super) fn named(param: &str, words: &str) -> Params {
    let names: Vec<_> = words.split('`').skip(1).step_by(2).collect();
    if names.is_empty() {
        Params::default()
    } else {
        Params::default().with(param, names.join(", "))
    }
}

fn unknown(rest: &str) -> String {
    if let Some((_, why)) = rest.rsplit_once(": ") {
        return format!("is not accepted here: {why}");
    }
    match rest.rsplit_once(", expected ") {
        Some((_, known)) => {
            format!(
                "is not a member of this object. It can have {}",
                known.trim_start_matches("one of ")
            )
        }
        None => "is not a member of this object".to_owned(),
    }
}

/// As in: string "…", integer `…`, null.
fn found(value: &str) -> &'static str {
    match value.split(['"', '`', ',']).next().unwrap_or_default().trim_end() {
        "string" => ", not a text",
        "integer" | "floating point" | "number" => ", not a number",
        "boolean" => ", not true or false",
        "null" | "unit value" => ", not null",
        "sequence" => ", not a list",
        "map" => ", not an object",
        _ => "",
    }
}

fn wanted(expected: &str) -> &str {
    match expected {
        "a string" | "string or map" | "variant identifier" | "field identifier" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        "a UUID string" => AN_ID,
        "u8" | "u16" | "u32" | "u64" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize" => {
            "a whole number"
        }
        "f32" | "f64" => "a number",
        other if is_of_type(other, &["struct ", "internally ", "adjacently "]) => "an object",
        other if is_of_type(other, &["tuple ", "a tuple ", "an array "]) => "a list",
        other if is_of_type(other, &["enum ", "unit ", "newtype "]) => "something else",
        other => other,
    }
}

/// Whether serde names a type of ours.
fn is_of_type(expected: &str, leads: &[&str]) -> bool {
    leads.iter().any(|lead| expected.starts_with(lead))
}

/// Why a body is not JSON, as what follows "it".
pub(super) fn broken(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let (line, column) = (error.line(), error.column());
    let text = text.trim_end_matches(&format!(" at line {line} column {column}"));
    if let Some(part) = text.strip_prefix("EOF while parsing ") {
        let part = if part == "a string" { "a text" } else { part };
        return format!("it ends in the middle of {part}");
    }
    let words = match text {
        "expected value" => "a value is missing or misspelt",
        "trailing characters" => "something follows after its end",
        "trailing comma" => "a comma stands before the end of a list or an object",
        "key must be a string" => "the name of a member must stand in double quotes",
        "expected ident" => "only true, false and null are written without quotes",
        "recursion limit exceeded" => "it is nested too deep",
        "invalid escape" => "a text has a backslash that means nothing; write `\\\\`",
        text if text.starts_with("control character") => {
            "a text has a line break or another control character; write `\\n`"
        }
        other => other,
    };
    format!("{words}, at line {line}, column {column}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_ours_are_never_named() {
        for (text, expected) in [
            ("invalid type: sequence, expected struct Folder", "must be an object, not a list"),
            ("invalid length 1, expected struct Folder with 2 elements", "must be an object"),
            (
                "invalid type: null, expected internally tagged enum Kind",
                "must be an object, not null",
            ),
            ("invalid length 3, expected a tuple of size 2", "must be a list"),
            ("invalid type: map, expected tuple struct Pair", "must be a list, not an object"),
            (
                "invalid type: integer `1`, expected enum Word",
                "must be something else, not a number",
            ),
            ("data did not match any variant of untagged enum Name", "is not valid"),
        ] {
            assert_eq!(predicate(text), expected);
        }
    }
}
