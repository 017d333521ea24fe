//! Who gets the messages of an e-mail channel.

use std::collections::HashSet;
use std::fmt;

use lettre::Address;
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most addresses of a channel: for more people there are mailing lists.
pub const RECIPIENTS_MAX: usize = 20;

/// An address of e-mail, as it is written in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(
    value_type = String,
    min_length = 3,
    max_length = 254,
    pattern = r#"^[^\s@"]+@[^\s@"]+$"#,
    example = "crm-team@example.com",
)]
pub struct Recipient(String);

impl TryFrom<String> for Recipient {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = text.trim();
        // A quoted name is an address too, but what writes the mail cannot read it.
        let is_sendable = text.parse::<Address>().is_ok() && text.parse::<Mailbox>().is_ok();
        if text.len() <= 254 && is_sendable && !text.contains('"') {
            return Ok(Self(text.to_owned()));
        }
        Err("an address of e-mail is such as `crm-team@example.com`, with at most 254 characters")
    }
}

impl Recipient {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The addresses of a channel; none of a channel of another kind. (A JSON column holds an object.)
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipients {
    pub to: Vec<Recipient>,
}

impl Recipients {
    /// Each address once, in whatever letters it is written.
    #[must_use]
    pub fn of(to: &[Recipient]) -> Self {
        let mut seen = HashSet::new();
        let distinct = to.iter().filter(|recipient| seen.insert(recipient.as_str().to_lowercase()));
        Self { to: distinct.cloned().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_a_mail_server_accepts() {
        let read = |text: &str| Recipient::try_from(text.to_owned());
        assert_eq!(read(" ann@example.com ").unwrap().as_str(), "ann@example.com");
        for bad in [
            r#""a"@b.example"#,
            r#""a b"@b.example"#,
            "",
            "ann",
            "ann@",
            "@example.com",
            "a@b@c",
            "a@b\r\nBcc: c@d",
            "Ann <a@b.c>",
        ] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn nobody_gets_a_message_twice() {
        let read = |text: &str| Recipient::try_from(text.to_owned()).unwrap();
        let to = ["ann@example.com", "bob@example.com", "Ann@Example.com"].map(read);
        assert_eq!(Recipients::of(&to).to, to[..2]);
    }
}
