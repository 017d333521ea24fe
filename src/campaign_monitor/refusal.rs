//! Why Campaign Monitor rejected a record: a name for each number of API v3.3, and a sentence for a marketer. The texts
//! of the vendor vary for the same number, so the sentences are ours.

use std::borrow::Cow;

use super::import::ImportFailure;

/// Why a record was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalCode {
    InvalidAddress,
    Suppressed,
    Deleted,
    Unsubscribed,
    Bounced,
    /// On the list already, and not confirmed yet (double opt-in).
    Unconfirmed,
    InvalidConsent,
    InvalidMobileNumber,
    InvalidAddressAndMobileNumber,
    /// A number that the vendor does not document.
    Other(i64),
}

impl RefusalCode {
    /// Those that the vendor documents.
    pub(crate) const KNOWN: [Self; 9] = [
        Self::InvalidAddress,
        Self::Suppressed,
        Self::Deleted,
        Self::Unsubscribed,
        Self::Bounced,
        Self::Unconfirmed,
        Self::InvalidConsent,
        Self::InvalidMobileNumber,
        Self::InvalidAddressAndMobileNumber,
    ];

    /// The reason that the vendor's number stands for.
    pub const fn of(code: i64) -> Self {
        match code {
            1 => Self::InvalidAddress,
            204 => Self::Suppressed,
            205 => Self::Deleted,
            206 => Self::Unsubscribed,
            207 => Self::Bounced,
            208 => Self::Unconfirmed,
            214 | 215 => Self::InvalidConsent,
            220 => Self::InvalidMobileNumber,
            221 => Self::InvalidAddressAndMobileNumber,
            other => Self::Other(other),
        }
    }

    /// As the API and the CSV of rejections write it; stable.
    pub fn word(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::InvalidAddress => "invalidAddress",
            Self::Suppressed => "suppressed",
            Self::Deleted => "deleted",
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
            Self::Unconfirmed => "unconfirmed",
            Self::InvalidConsent => "invalidConsent",
            Self::InvalidMobileNumber => "invalidMobileNumber",
            Self::InvalidAddressAndMobileNumber => "invalidAddressAndMobileNumber",
            Self::Other(code) => return Cow::Owned(format!("campaignMonitor{code}")),
        })
    }
}

impl ImportFailure {
    pub const fn refusal(&self) -> RefusalCode {
        RefusalCode::of(self.code)
    }

    /// What a marketer reads about it.
    pub fn explanation(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self.refusal() {
            RefusalCode::InvalidAddress => "Campaign Monitor does not accept the e-mail address.",
            RefusalCode::Suppressed => "The address is on the suppression list.",
            RefusalCode::Deleted => "The subscriber was deleted from the list.",
            RefusalCode::Unsubscribed => "The subscriber has unsubscribed.",
            RefusalCode::Bounced => "Mail to the address bounced.",
            RefusalCode::Unconfirmed => "The subscriber has not confirmed the subscription.",
            RefusalCode::InvalidConsent => {
                "Campaign Monitor does not accept the consent to tracking."
            }
            RefusalCode::InvalidMobileNumber => {
                "Campaign Monitor does not accept the mobile number."
            }
            RefusalCode::InvalidAddressAndMobileNumber => {
                "Campaign Monitor accepts neither the address nor the mobile number."
            }
            RefusalCode::Other(code) => {
                let vendor = &self.message;
                let message =
                    format!("Campaign Monitor rejected the profile: {vendor} (code {code}).");
                return Cow::Owned(message);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: i64, message: &str) -> (String, String) {
        let email_address = "ann@example.com".to_owned();
        let failure = ImportFailure { email_address, code, message: message.to_owned() };
        (failure.refusal().word().into_owned(), failure.explanation().into_owned())
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
            let (name, message) = refused(code, "Words That Vary");
            assert_eq!(name, expected, "{code}");
            assert!(message.ends_with('.') && !message.contains("Vary"), "{code}: {message}");
        }
    }

    #[test]
    fn a_refusal_that_nobody_knows_comes_in_the_words_of_campaign_monitor() {
        let (name, message) = refused(999, "Not today");
        assert_eq!(name, "campaignMonitor999");
        assert!(message.contains("Not today") && message.contains("999"), "{message}");
    }
}
