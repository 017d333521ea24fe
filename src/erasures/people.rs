//! Who is to be erased: as callers name them, and sealed as long as it is needed.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::campaign_monitor::address;
use crate::params::Params;
use crate::secrets::{self, Keys};

/// The most people of one request.
pub const PEOPLE_MAX: usize = 10_000;
/// The longest address or id, in characters.
const NAME_CHARS_MAX: usize = 1000;

/// One of the people to be erased, by one of both.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedPerson {
    /// The address, in any case. Who has it is erased, and nothing else of theirs is sought.
    #[serde(default)]
    #[schema(
        min_length = 1,
        max_length = 1000,
        pattern = r"^[^\x00]+$",
        example = "ann@example.com"
    )]
    pub email: Option<String>,
    /// The `CustomerId`, in exactly these letters. Addresses that a list has received for it are erased too.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, pattern = r"^[^\x00]+$", example = "17")]
    pub customer_id: Option<String>,
}

/// Addresses and ids, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct People {
    /// As addresses are compared: [`normalized`].
    pub emails: BTreeSet<String>,
    pub customer_ids: BTreeSet<String>,
}

/// An address as it is compared: as it is sent, in lower case.
pub(super) fn normalized(email: &str) -> String {
    address::sent(email.trim()).to_lowercase()
}

impl NamedPerson {
    /// Why it names nobody, in a sentence and with what that names; `None` when it does.
    #[must_use]
    pub fn flaw(&self) -> Option<(&'static str, Params)> {
        let plain = |sentence| Some((sentence, Params::default()));
        let name = match (&self.email, &self.customer_id) {
            (Some(email), None) if !email.contains('@') => {
                return plain("This is no e-mail address.");
            }
            (Some(name), None) | (None, Some(name)) => name.trim(),
            _ => return plain("Name a person by `email` or by `customerId`, not by both."),
        };
        match name.chars().count() {
            0 => plain("It is empty."),
            1..=NAME_CHARS_MAX if !name.contains('\0') => None,
            _ => Some((
                "It has at most 1000 characters, and no zero byte.",
                Params::default().with("max", NAME_CHARS_MAX),
            )),
        }
    }
}

impl People {
    /// Those whom a request names, twice or once.
    #[must_use]
    pub fn named(named: &[NamedPerson]) -> Self {
        let emails = named.iter().filter_map(|person| person.email.as_deref()).map(normalized);
        let ids = named.iter().filter_map(|person| person.customer_id.as_deref());
        let customer_ids = ids.map(|id| id.trim().to_owned()).collect();
        Self { emails: emails.collect(), customer_ids }
    }

    /// Addresses and ids together; somebody who is named by both counts twice.
    #[must_use]
    pub fn count(&self) -> i64 {
        i64::try_from(self.emails.len() + self.customer_ids.len()).unwrap_or(i64::MAX)
    }

    /// Seals them for their erasure.
    pub fn seal(&self, keys: &Keys, instance: Uuid, erasure: Uuid) -> serde_json::Result<String> {
        let text = SecretString::from(serde_json::to_string(self)?);
        Ok(keys.seal(&text, instance, erasure))
    }

    pub(super) fn open(
        sealed: &str,
        keys: &Keys,
        instance: Uuid,
        erasure: Uuid,
    ) -> Result<Self, secrets::Error> {
        let text = keys.open(sealed, instance, erasure)?;
        serde_json::from_str(text.expose_secret()).map_err(|_| secrets::Error::Broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(email: Option<&str>, id: Option<&str>) -> NamedPerson {
        NamedPerson { email: email.map(str::to_owned), customer_id: id.map(str::to_owned) }
    }

    #[test]
    fn a_person_has_one_name() {
        assert_eq!(person(Some("ann@example.com"), None).flaw(), None);
        assert_eq!(person(None, Some("17")).flaw(), None);
        for (email, id) in
            [(None, None), (Some("a@b.lv"), Some("1")), (Some("17"), None), (None, Some(" "))]
        {
            assert!(person(email, id).flaw().is_some(), "{email:?} {id:?}");
        }
    }

    #[test]
    fn who_is_named_twice_is_one_person_in_any_case() {
        let named = [person(Some("Ann@Example.com "), None), person(Some("ann@example.com"), None)];
        assert_eq!(People::named(&named).count(), 1);
    }
}
