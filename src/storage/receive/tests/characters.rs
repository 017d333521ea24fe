//! Characters beyond the basic plane, written as pairs of escapes: each comes back as itself.

use std::fmt::Write;

use super::*;

/// Every character that needs two escapes.
fn beyond() -> impl Iterator<Item = char> {
    '\u{10000}'..=char::MAX
}

fn escaped(text: &str) -> String {
    text.encode_utf16().fold(String::new(), |mut escapes, unit| {
        write!(escapes, "\\u{unit:04x}").unwrap();
        escapes
    })
}

fn texts(length: usize) -> Vec<String> {
    let characters: Vec<char> = beyond().collect();
    characters.chunks(length).map(|part| part.iter().collect()).collect()
}

#[tokio::test]
async fn every_character_comes_back_in_values_and_ids() {
    let (_folder, storage) = storage();
    let texts = texts(32);
    let line = |text: &String| {
        let escaped = escaped(text);
        format!("{{\"CustomerId\":\"{escaped}\",\"Name\":\"a\\\\{escaped}\"}}\n")
    };
    let body: String = texts.iter().map(line).collect();

    let received = send(&storage, Media::Ndjson, body).await.unwrap();

    let found = rows(&storage, &received, &["CustomerId", "Name"]).await;
    let expected = |text: &String| vec![Some(text.clone()), Some(format!("a\\{text}"))];
    assert!(found == texts.iter().map(expected).collect::<Vec<_>>());
}

#[tokio::test]
async fn every_character_comes_back_in_the_names_of_fields() {
    let (_folder, storage) = storage();
    let limits = ReceiveLimits { fields_max: 200, ..LIMITS };
    for names in texts(160).chunks(160) {
        let mut body = "{\"CustomerId\":\"1\"".to_owned();
        for name in names {
            write!(body, ",\"{}\":\"{name}\"", escaped(name)).unwrap();
        }
        body.push('}');

        let received = send_within(&storage, Media::Ndjson, body, &limits).await.unwrap();

        let fields: Vec<&str> = received.fields.iter().map(|field| field.name.as_str()).collect();
        assert!(fields[1..].iter().eq(names.iter()));
        let found = rows(&storage, &received, &fields[1..]).await;
        assert!(found[0].iter().flatten().eq(names));
    }
}

#[tokio::test]
async fn half_a_character_is_refused_wherever_it_stands() {
    let (_folder, storage) = storage();
    for (body, expected) in [
        ("{\"CustomerId\":\"\\ud842\"}", "invalid escape"),
        ("{\"CustomerId\":\"\\udfb7\\ud842\"}", "invalid escape"),
        ("{\"CustomerId\":\"1\",\"a\":\"\\ud842x\"}", "invalid escape"),
        ("{\"CustomerId\":\"1\",\"\\udfb7\":\"x\"}", "not a valid JSON object"),
    ] {
        let error = send(&storage, Media::Ndjson, body).await.unwrap_err().to_string();
        assert!(error.starts_with("line 1: ") && error.contains(expected), "{error}");
    }
}
