//! The import that sets one custom field of many subscribers, and nothing else of them.

use bytes::Bytes;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Import<'a> {
    subscribers: Vec<Subscriber<'a>>,
    resubscribe: bool,
    queue_subscription_based_auto_responders: bool,
    #[serde(rename = "RestartSubscriptionBasedAutoresponders")]
    restart: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Subscriber<'a> {
    email_address: &'a str,
    custom_fields: [Field<'a>; 1],
    consent_to_track: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Field<'a> {
    key: &'a str,
    value: &'a str,
}

/// The body of an import that sets a field to this value. People who left the list stay as they are.
#[must_use]
pub fn flag<'a>(addresses: impl Iterator<Item = &'a str>, key: &'a str, value: &'a str) -> Bytes {
    let subscribers = addresses.map(|email_address| Subscriber {
        email_address,
        custom_fields: [Field { key, value }],
        consent_to_track: "Unchanged",
    });
    let import = Import {
        subscribers: subscribers.collect(),
        resubscribe: false,
        queue_subscription_based_auto_responders: false,
        restart: false,
    };
    serde_json::to_vec(&import).map_or_else(|_| Bytes::new(), Bytes::from)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn only_the_flag_is_sent_and_nobody_is_subscribed_again() {
        let body: Value =
            serde_json::from_slice(&flag(["ann@example.com"].into_iter(), "insegment", "No"))
                .unwrap();
        assert_eq!(
            body,
            json!({"Subscribers": [{"EmailAddress": "ann@example.com", "ConsentToTrack": "Unchanged",
                "CustomFields": [{"Key": "insegment", "Value": "No"}]}],
                "Resubscribe": false, "QueueSubscriptionBasedAutoResponders": false,
                "RestartSubscriptionBasedAutoresponders": false})
        );
    }
}
