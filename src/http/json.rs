//! JSON of callers. An error says where it is and what was expected, and never repeats what was sent: that may be a
//! secret, and proxies log answers.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};
use utoipa::PartialSchema;

use super::problem::{FieldError, Problem, ProblemKind};
use super::words;

/// Parses JSON; the problem has the JSON pointer to the error.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.trim_ascii().is_empty() {
        let message = "The body is empty. Send a JSON object.".to_owned();
        return Err(invalid(FieldError::new("", "invalid", message)));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| explain(error.path(), error.inner(), bytes))?;
    json.end().map_err(|error| broken(&error))?;
    Ok(value)
}

/// The same, but all members that the body lacks are named at once.
pub fn parse_documented<T: DeserializeOwned + PartialSchema>(bytes: &[u8]) -> Result<T, Problem> {
    parse(bytes).map_err(|problem| {
        let missing = problem.errors().iter().find(|error| error.code == "missing");
        let Some(FieldError { pointer, .. }) = missing else { return problem };
        let lacking = lacking::<T>(bytes);
        let is_member = lacking.iter().any(|error| error.pointer == *pointer);
        if is_member { Problem::from_errors(ProblemKind::InvalidRequest, lacking) } else { problem }
    })
}

/// The members that a body must have, and has not.
fn lacking<T: DeserializeOwned + PartialSchema>(bytes: &[u8]) -> Vec<FieldError> {
    let schema = serde_json::to_value(T::schema()).unwrap_or_default();
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let missing = required.filter(|name| body.get(name).is_none());
    let error = |name: &str| {
        let choices = choices::<T>(name);
        let must_be = choices.as_deref().map(|words| format!(" It must be {words}"));
        let message = format!("`/{name}` is missing.{}", must_be.unwrap_or_default());
        let error = FieldError::new(format!("/{name}"), "missing", message);
        error.with_all(words::named("choices", &choices.unwrap_or_default()))
    };
    missing.map(error).collect()
}

/// The words that a member may be, where it is one of a few: what the answer to another word names.
fn choices<T: DeserializeOwned>(name: &str) -> Option<String> {
    let problem = parse::<T>(json!({name: ""}).to_string().as_bytes()).err()?;
    let words = problem.errors().first()?.message.strip_prefix(&format!("`/{name}` must be "))?;
    words.starts_with("one of ").then(|| words.to_owned())
}

fn explain(path: &serde_path_to_error::Path, error: &serde_json::Error, bytes: &[u8]) -> Problem {
    let mut text = error.to_string();
    if !error.is_data() {
        // Where one of several words is expected, serde reports anything else as broken JSON.
        if serde_json::from_slice::<IgnoredAny>(bytes).is_err() {
            return broken(error);
        }
        "invalid type, expected a string".clone_into(&mut text);
    }
    let position = format!(" at line {} column {}", error.line(), error.column());
    let text = text.trim_end_matches(&position);
    wrong(pointer_of(path, text), text)
}

fn broken(error: &serde_json::Error) -> Problem {
    let message = format!("The body is not JSON: {}.", words::broken(error));
    let (line, column) = (error.line(), error.column());
    let problem = FieldError::new("", "invalid", message).with("cause", words::broken(error));
    invalid(problem.with("line", line).with("column", column))
}

/// `text` is that of serde.
pub(super) fn wrong(pointer: String, text: &str) -> Problem {
    let code = match text {
        text if text.starts_with("unknown field") => "unknownMember",
        text if text.starts_with("missing field") => "missing",
        text if text.starts_with("invalid type") => "wrongType",
        _ => "invalid",
    };
    let subject = if pointer.is_empty() { "The body" } else { &format!("`{pointer}`") };
    let message = format!("{subject} {}.", words::predicate(text));
    invalid(FieldError::new(pointer, code, message).with_all(words::params(text)))
}

fn invalid(error: FieldError) -> Problem {
    Problem::from_errors(ProblemKind::InvalidRequest, vec![error])
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
    } else if let Some(member) = named("unknown field `").or_else(|| named("duplicate field `"))
        && !pointer.ends_with(&format!("/{member}"))
    {
        push_segment(&mut pointer, member);
    }
    pointer
}

pub(super) fn push_segment(pointer: &mut String, segment: &str) {
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
            (r#"{"inner":[{"size":1,"word":7}]}"#, "/inner/0/word", "wrongType"),
            (r#"{"inner":[{"size":1,"word":}]}"#, "", "invalid"),
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
    fn a_refusal_says_what_is_wrong_in_words_for_people() {
        let id = format!("`/inner/0/id` must be {}.", words::AN_ID);
        for (json, message) in [
            (r#"{"inner":[null]}"#, "`/inner/0` must be an object, not null."),
            (r#"{"inner":[{}]}"#, "`/inner/0/size` is missing."),
            (r#"{"inner":7}"#, "`/inner` must be a list, not a number."),
            (r#"{"inner":[{"size":"x"}]}"#, "`/inner/0/size` must be a whole number, not a text."),
            (r#"{"inner":[{"size":-1}]}"#, "`/inner/0/size` must be a whole number."),
            (r#"{"inner":[{"size":1,"word":"x"}]}"#, "`/inner/0/word` must be `Known`."),
            (r#"{"inner":[{"size":1,"word":7}]}"#, "`/inner/0/word` must be a text."),
            (r#"{"inner":[{"size":1,"id":"x"}]}"#, id.as_str()),
            (r#"{"inner":[],"inner":[]}"#, "`/inner` is there twice."),
            (r#"{"colour":1}"#, "`/colour` is not a member of this object. It can have `inner`."),
            ("{", "The body is not JSON: it ends in the middle of an object."),
            (r#"{"inner":[{"word":"#, "The body is not JSON: it ends in the middle of a value."),
            (r#"{"inner":["a"#, "The body is not JSON: it ends in the middle of a text."),
            (
                r#"{"inner":}"#,
                "The body is not JSON: a value is missing or misspelt, at line 1, column 10.",
            ),
            (
                r#"{"inner":[]} x"#,
                "The body is not JSON: something follows after its end, at line 1, column 14.",
            ),
        ] {
            assert_eq!(refusal(json)["errors"][0]["message"], message, "{json}");
        }
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
                if parse::<Outer>(json.as_bytes()).is_err() {
                    let mut document = refusal(&json);
                    // An id, whose digits may be these by chance.
                    document["instance"].take();
                    assert!(!document.to_string().contains("7919"), "{json}: {document}");
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
