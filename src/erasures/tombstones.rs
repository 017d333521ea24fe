//! Tombstones: keyed hashes of addresses and ids that are not sent any more.
//!
//! A hash without a key could be undone by trying addresses. With the key of the instance, which is sealed, only this
//! service can tell whom a tombstone is for. It is still personal data, under a pseudonym: it expires, and it can be
//! lifted.

use std::collections::HashSet;
use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

use super::people::{People, normalized};
use crate::secrets::{self, Keys};

/// So much of a hash is kept: two of a million people have the same one by chance in 10²⁶ instances.
const DIGEST_BYTES: usize = 16;

/// The key of an instance. Cheap to clone.
#[derive(Clone)]
pub struct TombstoneKey(Hmac<Sha256>);

/// Nothing of the key.
impl fmt::Debug for TombstoneKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TombstoneKey").finish_non_exhaustive()
    }
}

impl TombstoneKey {
    /// A new key, and the same sealed for its row.
    #[must_use]
    pub fn make(keys: &Keys, instance: Uuid, row: Uuid) -> String {
        let text = BASE64_STANDARD.encode(rand::random::<[u8; 32]>());
        keys.seal(&SecretString::from(text), instance, row)
    }

    /// What `make` has sealed for the same row.
    pub fn open(
        keys: &Keys,
        sealed: &str,
        instance: Uuid,
        row: Uuid,
    ) -> Result<Self, secrets::Error> {
        let text = keys.open(sealed, instance, row)?;
        let bytes = BASE64_STANDARD.decode(text.expose_secret());
        let bytes = bytes.map_err(|_| secrets::Error::Broken)?;
        Hmac::new_from_slice(&bytes).map(Self).map_err(|_| secrets::Error::Broken)
    }

    /// The digest of every address and id.
    #[must_use]
    pub fn digests(&self, people: &People) -> Vec<String> {
        let emails = people.emails.iter().map(|email| self.of_email(email));
        let ids = people.customer_ids.iter().map(|id| self.of_id(id));
        emails.chain(ids).collect()
    }

    fn of_email(&self, email: &str) -> String {
        self.digest(b"email\0", &normalized(email))
    }

    fn of_id(&self, id: &str) -> String {
        self.digest(b"customerId\0", id.trim())
    }

    /// By which it is known that a file has somebody who left in a state: 8 bytes of a hash, which two of a million
    /// people share by chance in one of 10⁷ exports.
    #[must_use]
    pub fn of_departure(&self, state: &str, email: &str) -> i64 {
        let kind = format!("left {state}\0");
        let hash = self.hash(kind.as_bytes(), &normalized(email));
        hash[..8].iter().fold(0, |digest, byte| (digest << 8) | i64::from(*byte))
    }

    fn hash(&self, kind: &[u8], text: &str) -> [u8; 32] {
        self.0.clone().chain_update(kind).chain_update(text).finalize().into_bytes().into()
    }

    fn digest(&self, kind: &[u8], text: &str) -> String {
        hex::encode(&self.hash(kind, text)[..DIGEST_BYTES])
    }
}

/// The tombstones of an instance, for a run. Cheap to share.
#[derive(Debug)]
pub struct TombstoneSet {
    key: TombstoneKey,
    digests: HashSet<String>,
}

impl TombstoneSet {
    /// Those that are not expired.
    #[must_use]
    pub fn new(key: TombstoneKey, digests: HashSet<String>) -> Self {
        Self { key, digests }
    }

    /// Whether a profile with this address or this id is not sent.
    #[must_use]
    pub fn has(&self, email: &str, customer_id: &str) -> bool {
        self.digests.contains(&self.key.of_email(email))
            || self.digests.contains(&self.key.of_id(customer_id))
    }
}

/// What a run knows of the tombstones of its instance.
#[derive(Clone, Debug, Default)]
pub struct Tombstones {
    /// How often they grew; 0 where there never were any.
    pub generation: i64,
    /// `None` where there are none: then nothing is hashed.
    pub set: Option<std::sync::Arc<TombstoneSet>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> TombstoneKey {
        TombstoneKey(Hmac::new_from_slice(&[byte; 32]).unwrap())
    }

    fn people() -> People {
        let one = |text: &str| [text.to_owned()].into();
        People { emails: one("ann@example.com"), customer_ids: one("17") }
    }

    #[test]
    fn a_person_is_known_by_address_in_any_case_or_by_id_and_nobody_else_is() {
        let set = TombstoneSet::new(key(1), key(1).digests(&people()).into_iter().collect());
        assert!(set.has("Ann@Example.com", "99") && set.has("bob@example.com", "17"));
        assert!(!set.has("bob@example.com", "18") && !set.has("17", "ann@example.com"));
    }

    #[test]
    fn another_instance_cannot_tell_whom_a_tombstone_is_for() {
        let (one, other) = (key(1).digests(&people()), key(2).digests(&people()));
        assert!(one.iter().all(|digest| digest.len() == 32 && !other.contains(digest)));
    }
}
