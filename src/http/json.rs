//! JSON of callers. An error says where it is and what was expected, and never repeats what was sent: that may be a
//! secret, and proxies log answers.

use serde::de::{DeserializeOwned, IgnoredAny};

use super::problem::{FieldError, Problem, ProblemKind};

/// Parses JSON; the problem has the JSON pointer to the error.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.trim_ascii().is_empty() {
        let message = "the body is empty, expected a JSON object".to_owned();
        return Err(invalid(String::new(), message));
    }
    // serde accepts an array as an object, its elements as members.
    if bytes.trim_ascii_start().starts_with(b"[") {
        let message = "invalid type: sequence, expected a JSON object".to_owned();
        return Err(invalid(String::new(), message));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let message = in_words(error.inner(), bytes);
        invalid(pointer_of(error.path(), &message), message)
    })?;
    json.end().map_err(|error| invalid(String::new(), error.to_string()))?;
    Ok(value)
}

/// The message of serde, without line and column when the pointer says where.
fn in_words(error: &serde_json::Error, bytes: &[u8]) -> String {
    // Where one of several words is expected, serde reports anything else as broken JSON.
    if error.is_syntax() && serde_json::from_slice::<IgnoredAny>(bytes).is_ok() {
        return "invalid type, expected a text".to_owned();
    }
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    if error.is_data() { without_value(text.trim_end_matches(&position)) } else { text }
}

/// The text of an error without the value that was sent, and without the names of our types.
pub(super) fn without_value(text: &str) -> String {
    let expected = match text.rsplit_once(", expected ") {
        Some((_, expected)) if expected.starts_with("struct ") => "a JSON object",
        Some((_, expected)) => expected,
        None => return text.to_owned(),
    };
    for lead in ["invalid type: ", "invalid value: "] {
        if let Some(found) = text.strip_prefix(lead) {
            // As in: string "…", integer `…`, null.
            let kind = found.split(['"', '`', ',']).next().unwrap_or_default().trim_end();
            return format!("{lead}{kind}, expected {expected}");
        }
    }
    if text.starts_with("unknown variant ") {
        return format!("unknown value, expected {expected}");
    }
    text.to_owned()
}

fn invalid(pointer: String, message: String) -> Problem {
    let code = match message.as_str() {
        text if text.starts_with("unknown field") => "unknownMember",
        text if text.starts_with("missing field") => "missing",
        text if text.starts_with("invalid type") => "wrongType",
        _ => "invalid",
    };
    Problem::from_errors(ProblemKind::InvalidRequest, vec![FieldError::new(pointer, code, message)])
}

fn pointer_of(path: &serde_path_to_error::Path, message: &str) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => push_segment(&mut pointer, &index.to_string()),
            Segment::Map { key } => push_segment(&mut pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    // serde names a missing member only in its text, and an unknown one not always in its path.
    let named = |lead: &str| message.strip_prefix(lead)?.split_once('`').map(|(name, _)| name);
    if let Some(member) = named("missing field `") {
        push_segment(&mut pointer, member);
    } else if let Some(member) = named("unknown field `")
        && !pointer.ends_with(&format!("/{member}"))
    {
        push_segment(&mut pointer, member);
    }
    pointer
}

fn push_segment(pointer: &mut String, segment: &str) {
    pointer.push('/');
    pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the refusals matter here")]
    struct Outer {
        inner: Vec<Inner>,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the refusals matter here")]
    struct Inner {
        size: u32,
        word: Option<Word>,
        id: Option<uuid::Uuid>,
    }
    #[derive(Debug, Deserialize)]
    enum Word {
        Known,
    }

    fn refusal(json: &str) -> serde_json::Value {
        let problem = parse::<Outer>(json.as_bytes()).unwrap_err();
        serde_json::to_value(problem.document()).unwrap()
    }

    #[test]
    fn a_refusal_points_at_the_place() {
        let cases = [
            (r#"{"inner":[{"size":1},{"size":"x"}]}"#, "/inner/1/size", "wrongType"),
            (r#"{"inner":[{"size":1,"colour":2}]}"#, "/inner/0/colour", "unknownMember"),
            (r#"{"inner":[{}]}"#, "/inner/0/size", "missing"),
            (r#"{"inner":[{"inner":1}]}"#, "/inner/0/inner", "unknownMember"),
            ("{", "", "invalid"),
            (r#"{"inner":[]} x"#, "", "invalid"),
            (r#" [[{"size":1}]]"#, "", "wrongType"),
            (r#"{"inner":[{"size":1,"word":7}]}"#, "/inner/0/word", "wrongType"),
            (r#"{"inner":[{"size":1,"word":}]}"#, "/inner/0/word", "invalid"),
        ];
        for (json, pointer, code) in cases {
            let error = &refusal(json)["errors"][0];
            assert_eq!(
                (&error["pointer"], &error["code"]),
                (&pointer.into(), &code.into()),
                "{json}"
            );
        }
    }

    #[test]
    fn a_refusal_says_what_is_wrong_in_words_of_json() {
        let message = |json: &str| refusal(json)["errors"][0]["message"].clone();
        assert_eq!(message(r#"{"inner":[null]}"#), "invalid type: null, expected a JSON object");
        assert_eq!(message(r#"{"inner":[{}]}"#), "missing field `size`");
        assert_eq!(message("{"), "EOF while parsing an object at line 1 column 1");
        let size = r#"{"inner":[{"size":"x"}]}"#;
        assert_eq!(message(size), "invalid type: string, expected u32");
        let word = r#"{"inner":[{"size":1,"word":"x"}]}"#;
        assert_eq!(message(word), "unknown value, expected `Known`");
    }

    #[test]
    fn a_refusal_never_repeats_a_value() {
        let values = [
            r#""7919secret7919""#,
            r#""7919\", expected 7919""#,
            r#""7919`, expected 7919""#,
            r#"", expected struct 7919""#,
            "79197919",
            "-7919",
            "7919.5",
            r#"["7919"]"#,
            r#"{"size": "7919"}"#,
        ];
        for value in values {
            for json in [
                format!(r#"{{"inner":{value}}}"#),
                format!(r#"{{"inner":[{value}]}}"#),
                format!(r#"{{"inner":[{{"size":{value}}}]}}"#),
                format!(r#"{{"inner":[{{"size":1,"word":{value}}}]}}"#),
                format!(r#"{{"inner":[{{"size":1,"id":{value}}}]}}"#),
            ] {
                if let Err(problem) = parse::<Outer>(json.as_bytes()) {
                    let document = serde_json::to_string(&problem.document()).unwrap();
                    assert!(!document.contains("7919"), "{json}: {document}");
                }
            }
        }
    }

    #[test]
    fn a_megabyte_of_brackets_is_refused_without_harm() {
        let brackets = format!("{{\"inner\":{}", "[".repeat(1 << 20));
        assert!(parse::<serde_json::Value>(brackets.as_bytes()).is_err());
    }
}
