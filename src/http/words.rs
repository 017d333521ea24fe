//! What serde reports, in words for people. They never repeat a value that was sent, nor the names of our types.

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
    // A value may contain anything; what follows the last of these words is ours.
    match (text.split_once(' '), text.rsplit_once(", expected ")) {
        (Some(("invalid", rest)), Some((_, expected))) if rest.starts_with("type") => {
            let found = rest.strip_prefix("type: ").map_or("", found);
            format!("must be {}{found}", wanted(expected))
        }
        (Some(("invalid", rest)), Some((_, expected))) if rest.starts_with("value: ") => {
            format!("must be {}", wanted(expected))
        }
        (_, Some((_, expected))) if text.starts_with("unknown variant ") => {
            format!("must be {expected}")
        }
        _ => format!("is not valid: {text}"),
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
        other if other.starts_with("struct ") => "an object",
        other => other,
    }
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
