//! What the refusal of a record is called, and what a marketer is told of it. The numbers are those of API v3.3 of
//! Campaign Monitor; its texts vary, so the words are ours.

use crate::campaign_monitor::ImportFailure;
use crate::runs::RejectionOutcome;

/// Somebody is on the list, and has not confirmed yet.
const UNCONFIRMED: i64 = 208;

/// A record that Campaign Monitor refused.
pub struct Refusal {
    /// What it says.
    pub failure: ImportFailure,
    /// Whether the run may have sent the record before, without an answer.
    pub may_repeat: bool,
}

impl Refusal {
    /// Whether the record is rejected. One that is unconfirmed may be so because this very run put it on a double
    /// opt-in list by a call whose answer never came: then nobody knows.
    #[must_use]
    pub const fn outcome(&self) -> RejectionOutcome {
        if self.may_repeat && self.failure.code == UNCONFIRMED {
            RejectionOutcome::InDoubt
        } else {
            RejectionOutcome::Rejected
        }
    }

    /// The code and the words of it.
    #[must_use]
    pub fn words(&self) -> (String, String) {
        let (code, message) = words(&self.failure);
        if self.outcome() == RejectionOutcome::InDoubt {
            let doubt = "A call of this run before had no answer, and may be what put it on the list: nobody knows.";
            return (code, format!("{message} {doubt}"));
        }
        (code, message)
    }
}

fn words(failure: &ImportFailure) -> (String, String) {
    let (code, message) = match failure.code {
        1 => ("invalidAddress", "Campaign Monitor does not take the e-mail address."),
        204 => ("suppressed", "The address is on the suppression list."),
        205 => ("deleted", "The subscriber was deleted from the list."),
        206 => ("unsubscribed", "The subscriber has unsubscribed."),
        207 => ("bounced", "Mail to the address bounced."),
        UNCONFIRMED => ("unconfirmed", "The subscriber has not confirmed the subscription."),
        214 | 215 => ("invalidConsent", "Campaign Monitor does not take the consent to tracking."),
        220 => ("invalidMobileNumber", "Campaign Monitor does not take the mobile number."),
        221 => (
            "invalidAddressAndMobileNumber",
            "Campaign Monitor takes neither the address nor the mobile number.",
        ),
        other => {
            let message = format!(
                "Campaign Monitor refused the profile: {} (code {other}).",
                failure.message
            );
            return (format!("campaignMonitor{other}"), message);
        }
    };
    (code.to_owned(), message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: i64, message: &str) -> (String, String) {
        let email_address = "ann@example.com".to_owned();
        let failure = ImportFailure { email_address, code, message: message.to_owned() };
        Refusal { failure, may_repeat: false }.words()
    }

    #[test]
    fn every_refusal_of_a_record_that_campaign_monitor_documents_has_a_code_and_a_sentence_of_ours()
    {
        for (code, expected) in [
            (1, "invalidAddress"),
            (204, "suppressed"),
            (205, "deleted"),
            (206, "unsubscribed"),
            (207, "bounced"),
            (208, "unconfirmed"),
            (214, "invalidConsent"),
            (215, "invalidConsent"),
            (220, "invalidMobileNumber"),
            (221, "invalidAddressAndMobileNumber"),
        ] {
            let (name, message) = told(code, "Words That Vary");
            assert_eq!(name, expected, "{code}");
            assert!(message.ends_with('.') && !message.contains("Vary"), "{code}: {message}");
        }
    }

    #[test]
    fn a_refusal_that_nobody_knows_comes_in_the_words_of_campaign_monitor() {
        let (name, message) = told(999, "Not today");
        assert_eq!(name, "campaignMonitor999");
        assert!(message.contains("Not today") && message.contains("999"), "{message}");
    }
}
