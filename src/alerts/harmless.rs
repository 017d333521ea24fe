//! The reason of a run, in words that may leave this service: nothing of a person stands in them.
//!
//! A run may quote what it found in a row; a message is read in mailboxes and chats where that must not be.

use crate::channels::NoticeReason;
use crate::runs::{Reason, ReasonCode};

/// The reason, without what may quote a row, and without anything like an address.
#[must_use]
pub fn harmless(reason: &Reason) -> NoticeReason {
    let message = match reason.code {
        ReasonCode::SegmentUnreadable | ReasonCode::NoProgress => {
            let general = match reason.code {
                ReasonCode::SegmentUnreadable => {
                    "has members that cannot be read; the run says which."
                }
                _ => "an obstacle that the run names",
            };
            Reason::new(reason.code, general).message
        }
        _ => reason.message.clone(),
    };
    let code = serde_json::to_value(reason.code).ok();
    let code = code.and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default();
    NoticeReason { code, culprit: reason.culprit, message: masked(&message) }
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

        let detail = "400: subscriber <ann@example.com> is not allowed";
        let reason = harmless(&Reason::new(ReasonCode::DestinationRefused, detail));
        assert!(reason.message.contains("subscriber … is not allowed"), "{reason:?}");
    }
}
