//! The `webhooks` of the document: the signed messages that a receiver gets.

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::schemas;
use crate::channels::{Notice, NoticeData, NoticeEvent};

/// Messages as they are sent, by their type.
const EXAMPLES: &str = include_str!("examples/webhooks.json");

/// Type, operation id, and what it says.
const EVENTS: [(NoticeEvent, &str, &str, &str); 4] = [
    (
        NoticeEvent::Opened,
        "on_alert_opened",
        "An alert has opened.",
        "The first message about it. Further ones have the same `alertId`.",
    ),
    (
        NoticeEvent::Reminded,
        "on_alert_reminded",
        "An alert still lasts.",
        "Nobody has acknowledged it. It is sent as often as the rule says.",
    ),
    (
        NoticeEvent::Resolved,
        "on_alert_resolved",
        "An alert is over.",
        "The last message about it: its reason is gone, or it is no longer watched; `message` says which.",
    ),
    (
        NoticeEvent::Tested,
        "on_channel_tested",
        "Somebody tests the channel.",
        "There is nothing to do, and no alert.",
    ),
];

const SIGNED: &str = "Signed by Standard Webhooks 1.0: verify it with a library of the standard before you read it. \
    The same message may come more than once, with the same `webhook-id`. Ignore members that you do not know.";

/// The schemas of the bodies.
pub fn schemas() -> Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)> {
    vec![
        (Notice::name().into_owned(), Notice::schema()),
        (NoticeData::name().into_owned(), NoticeData::schema()),
        (NoticeEvent::name().into_owned(), NoticeEvent::schema()),
    ]
}

/// The section of the document.
pub fn section() -> Value {
    let examples: Map<String, Value> = serde_json::from_str(EXAMPLES).unwrap_or_default();
    let event = |(event, id, summary, text): (NoticeEvent, &str, &str, &str)| {
        (
            event.word().to_owned(),
            json!({"post": operation(id, summary, text, &examples[event.word()])}),
        )
    };
    Value::Object(EVENTS.map(event).into_iter().collect())
}

fn operation(id: &str, summary: &str, text: &str, example: &Value) -> Value {
    json!({
        "tags": ["alerts"],
        "operationId": id,
        "summary": summary,
        "description": format!("{text}\n\n{SIGNED}"),
        "security": [],
        "parameters": headers(),
        "requestBody": {
            "required": true,
            "content": {"application/json": {"schema": schemas::reference(&Notice::name()), "example": example}},
        },
        "responses": {
            "2XX": {"description": "Accepted. The body of the answer is not read."},
            "410": {"description": "The receiver wants no more messages: the channel is switched off."},
            "default": {
                "description": "Not accepted, as every other status, a redirect too. It is tried again, ten times \
                    within four days; `Retry-After` is kept.",
            },
        },
    })
}

fn headers() -> Value {
    let header = |name: &str, description: &str, schema: Value| {
        let (kind, required) = ("header", true);
        json!({"name": name, "in": kind, "required": required, "description": description, "schema": schema})
    };
    json!([
        header(
            "webhook-id",
            "Id of the message, the same at every try",
            json!({"type": "string", "format": "uuid", "maxLength": schemas::UUID_CHARACTERS,
                "example": "01a20811-6c40-7e21-9f03-5b8d2c4a7e10"})
        ),
        header(
            "webhook-timestamp",
            "When this try was made, in seconds since 1970",
            json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": 9_007_199_254_740_991_u64,
                "example": 1_795_435_331})
        ),
        header(
            "webhook-signature",
            "Signatures, each with its version (`v1` or `v1a`), separated by blanks: one for \
            each secret that is valid",
            json!({"type": "string", "maxLength": 2000, "pattern": "^v1a?,[A-Za-z0-9+/=]+( v1a?,[A-Za-z0-9+/=]+)*$",
                "example": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="})
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_a_message_of_its_type_as_it_is_sent() {
        let section = section();
        for (event, ..) in EVENTS {
            let content = &section[event.word()]["post"]["requestBody"]["content"];
            let example = &content["application/json"]["example"];
            let notice: Notice = serde_json::from_value(example.clone()).unwrap();
            assert_eq!(notice.r#type, event);
            assert_eq!(&serde_json::to_value(&notice).unwrap(), example, "{}", event.word());
        }
    }
}
