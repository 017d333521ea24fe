//! The reason of a run, in words that may leave this service: nothing of a person stands in them.
//!
//! A run may quote what it found in a row, what Campaign Monitor said of one, or what somebody noted; a message is read
//! in mailboxes and chats where that must not be.

use crate::channels::NoticeReason;
use crate::runs::{Reason, ReasonCode};

/// The reason, without what may quote a row, and without anything like an address.
#[must_use]
pub fn harmless(reason: &Reason) -> NoticeReason {
    let message = match general(reason) {
        Some(general) => Reason::new(reason.code, general).message,
        None => reason.message.clone(),
    };
    let params = reason.params.clone().map_texts(masked);
    let (code, culprit) = (reason.code.word(), reason.culprit);
    NoticeReason { code, culprit, message: masked(&message), params }
}

/// What stands in place of words that somebody else has written.
fn general(reason: &Reason) -> Option<String> {
    match reason.code {
        ReasonCode::SegmentUnreadable => {
            Some("has members that cannot be read; the run says which.".into())
        }
        ReasonCode::NoProgress => Some("an obstacle that the run names".into()),
        ReasonCode::CredentialsRefused
        | ReasonCode::DestinationUnavailable
        | ReasonCode::DestinationRefused => Some(number_in(&reason.message)),
        ReasonCode::Declined => Some("somebody; the run says who and why.".into()),
        _ => None,
    }
}

/// The code or the status that Campaign Monitor answered, without its words.
fn number_in(message: &str) -> String {
    let words: Vec<&str> = message.split([' ', '(', ')', ':', ',', ';']).collect();
    let is_number = |word: &str| {
        (1..=4).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit())
    };
    let found =
        words.windows(2).find(|pair| matches!(pair[0], "code" | "status") && is_number(pair[1]));
    let said = "its words are shown with the run and the connection";
    found.map_or_else(|| said.to_owned(), |pair| format!("{} {}; {said}", pair[0], pair[1]))
}

/// The text, with three dots for every word that holds an `@`.
pub fn masked(text: &str) -> String {
    let mask = |word: &str| if word.contains('@') { "…".to_owned() } else { word.to_owned() };
    text.split(' ').map(mask).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_row_holds_leaves_with_a_reason() {
        let detail = "“People” has a broken row 7: ann@example.com, Riga.";
        let reason = harmless(&Reason::new(ReasonCode::SegmentUnreadable, detail));
        assert_eq!(reason.code, "segmentUnreadable");
        assert!(!reason.message.contains("ann@") && !reason.message.contains("Riga"), "{reason:?}");
        let reason = Reason::new(ReasonCode::FieldNotFound, "").with("field", "ann@example.com");
        let params = serde_json::to_string(&harmless(&reason.with("max", 7_i64)).params).unwrap();
        assert_eq!(params, r#"{"field":"…","max":7}"#);

        for code in [
            ReasonCode::DestinationRefused,
            ReasonCode::DestinationUnavailable,
            ReasonCode::CredentialsRefused,
            ReasonCode::NoProgress,
            ReasonCode::Declined,
        ] {
            let detail = "Ann Ozola, ann＠example.com, +371 20000000";
            let reason = harmless(&Reason::new(code, detail));
            assert!(
                !reason.message.contains("Ann") && !reason.message.contains("371"),
                "{reason:?}"
            );
        }
    }
}
