//! Encrypts secrets for the database, so that a copy of it reveals none; and marks texts as made by this service.
//!
//! A sealed secret is `keyId:base64(nonce ‖ ciphertext)`, AES-256-GCM. Its instance and its row are authenticated as
//! associated data: moved to another row, it does not open. The mark of a text is HMAC-SHA-256, with a key that is
//! derived from the same key: who lacks that one can make none.

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const NONCE_BYTES: usize = 12;
/// A secret is short: what is longer is another file. In bytes.
const SECRET_BYTES_MAX: u64 = 64 << 10;

/// The first key seals, all keys open. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<[Key]>);

struct Key {
    id: String,
    fingerprint: String,
    cipher: Aes256Gcm,
    marker: Hmac<Sha256>,
}

/// Only the ids.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

/// Why keys cannot be parsed, or a sealed secret does not open.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The setting is not `id:base64key,…`.
    #[error(
        "encryption keys must be `id:base64key,…` with keys of 32 bytes; make one with `openssl rand -base64 32`"
    )]
    Malformed,
    /// Not random: a placeholder, or a file of zeros.
    #[error(
        "the encryption key `{0}` is all zeros, so anyone can open what it seals; make one with \
         `openssl rand -base64 32`"
    )]
    Zero(String),
    /// Which of the two sealed a secret would be unknown.
    #[error("two encryption keys have the id `{0}`; give each an id of its own")]
    Twice(String),
    /// The key that sealed it is not in the settings.
    #[error(
        "the secret was sealed with key `{0}`, which is not one of the encryption keys; add that key to the settings"
    )]
    UnknownKey(String),
    /// Altered, or moved from another row.
    #[error("the sealed secret does not open: it was altered, or it belongs to another row")]
    Broken,
}

impl Keys {
    /// Parses `id:base64key,…`.
    pub(crate) fn parse(text: &SecretString) -> Result<Self, Error> {
        let keys: Arc<[Key]> = text
            .expose_secret()
            .split(',')
            .map(|pair| Key::parse(pair.trim()))
            .collect::<Result<_, _>>()?;
        let mut ids = HashSet::new();
        match keys.iter().find(|key| !ids.insert(&key.id)) {
            Some(twice) => Err(Error::Twice(twice.id.clone())),
            None => Ok(Self(keys)),
        }
    }

    /// Never panics: `parse` rejects an empty list, and AES-GCM seals any text shorter than 64 GiB.
    #[must_use]
    pub(crate) fn seal(&self, secret: &SecretString, instance: Uuid, row: Uuid) -> String {
        let key = self.0.first().expect("parse rejects an empty list");
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let sealed = key
            .cipher
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: secret.expose_secret().as_bytes(),
                    aad: &associated_data(instance, row),
                },
            )
            .expect("AES-GCM seals any text of this size");
        let blob = BASE64_STANDARD.encode([nonce.as_slice(), &sealed].concat());
        format!("{}:{blob}", key.id)
    }

    /// Seals a secret with the newest key; `None` when that one sealed it already.
    pub(crate) fn reseal(
        &self,
        sealed: &str,
        instance: Uuid,
        row: Uuid,
    ) -> Result<Option<String>, Error> {
        if key_id(sealed) == self.newest_id() {
            return Ok(None);
        }
        Ok(Some(self.seal(&self.open(sealed, instance, row)?, instance, row)))
    }

    /// The id of the key that seals.
    #[must_use]
    pub(crate) fn newest_id(&self) -> &str {
        self.0.first().map_or("", |key| &key.id)
    }

    /// Newest first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.id.as_str())
    }

    /// The id of each key, and what tells it from other keys without revealing it.
    pub(crate) fn fingerprints(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|key| (key.id.as_str(), key.fingerprint.as_str()))
    }

    /// The mark of a text with the newest key, in base64.
    #[must_use]
    pub(crate) fn mark(&self, text: &str) -> String {
        let key = self.0.first().expect("parse rejects an empty list");
        BASE64_STANDARD.encode(key.marker.clone().chain_update(text).finalize().into_bytes())
    }

    /// Whether the key `id` made this mark of the text; `None` when the settings have no such key.
    #[must_use]
    pub(crate) fn has_marked(&self, id: &str, text: &str, mark: &str) -> Option<bool> {
        let key = self.0.iter().find(|key| key.id == id)?;
        let mark = BASE64_STANDARD.decode(mark).unwrap_or_default();
        Some(key.marker.clone().chain_update(text).verify_slice(&mark).is_ok())
    }

    /// Opens what `seal` made for the same row.
    pub(crate) fn open(
        &self,
        sealed: &str,
        instance: Uuid,
        row: Uuid,
    ) -> Result<SecretString, Error> {
        let (id, blob) = sealed.split_once(':').ok_or(Error::Broken)?;
        let key = (self.0.iter().find(|key| key.id == id))
            .ok_or_else(|| Error::UnknownKey(id.to_owned()))?;
        let blob = BASE64_STANDARD.decode(blob).map_err(|_| Error::Broken)?;
        let (nonce, ciphertext) = blob.split_first_chunk().ok_or(Error::Broken)?;
        let nonce: &[u8; NONCE_BYTES] = nonce;
        let opened = key
            .cipher
            .decrypt(
                &Nonce::from(*nonce),
                Payload { msg: ciphertext, aad: &associated_data(instance, row) },
            )
            .map_err(|_| Error::Broken)?;
        String::from_utf8(opened).map(SecretString::from).map_err(|_| Error::Broken)
    }
}

/// The id of the key that sealed a secret.
#[must_use]
pub(crate) fn key_id(sealed: &str) -> &str {
    sealed.split_once(':').map_or("", |(id, _)| id)
}

impl Key {
    fn parse(pair: &str) -> Result<Self, Error> {
        let (id, key) = pair.split_once(':').ok_or(Error::Malformed)?;
        let key = BASE64_STANDARD.decode(key).map_err(|_| Error::Malformed)?;
        let cipher = Aes256Gcm::new_from_slice(&key).map_err(|_| Error::Malformed)?;
        if id.is_empty() {
            return Err(Error::Malformed);
        }
        if key.iter().all(|byte| *byte == 0) {
            return Err(Error::Zero(id.to_owned()));
        }
        let (id, fingerprint, marker) = (id.to_owned(), fingerprint(&key), marker(&key));
        Ok(Self { id, fingerprint, cipher, marker })
    }
}

/// With a key of its own, so that marks reveal nothing of the key that encrypts.
fn marker(key: &[u8]) -> Hmac<Sha256> {
    let new = |key: &[u8]| -> Hmac<Sha256> {
        KeyInit::new_from_slice(key).expect("HMAC has keys of every length")
    };
    new(&new(key).chain_update("segment-export marks").finalize().into_bytes())
}

/// A key is 32 random bytes, so nobody finds it from its digest.
fn fingerprint(key: &[u8]) -> String {
    let mut digest = Sha256::new_with_prefix("segment-export encryption key");
    digest.update(key);
    BASE64_STANDARD.encode(digest.finalize())
}

fn associated_data(instance: Uuid, row: Uuid) -> [u8; 32] {
    let mut data = [0; 32];
    data[..16].copy_from_slice(instance.as_bytes());
    data[16..].copy_from_slice(row.as_bytes());
    data
}

/// Reads a secret from a file, as Docker and Kubernetes hand them over. The error says what is wrong with the file, and
/// never repeats what it holds.
pub(crate) fn read_file(file: &Path) -> Result<SecretString, String> {
    let mut bytes = Vec::new();
    let read = File::open(file)
        .and_then(|file| file.take(SECRET_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot be read ({error})"))?;
    if read as u64 > SECRET_BYTES_MAX {
        return Err(format!("is longer than {SECRET_BYTES_MAX} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not text in UTF-8")?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.trim().is_empty() {
        return Err("is empty".into());
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Keys {
        Keys::parse(&SecretString::from(text.to_owned())).unwrap()
    }

    fn key(id: &str, byte: u8) -> String {
        format!("{id}:{}", BASE64_STANDARD.encode([byte; 32]))
    }

    #[test]
    fn a_secret_opens_only_in_the_row_it_was_sealed_for() {
        let (keys, instance, row) = (keys(&key("a", 1)), Uuid::now_v7(), Uuid::now_v7());
        let sealed = keys.seal(&SecretString::from("hush"), instance, row);
        assert!(!sealed.contains("hush"));
        let opened = keys.open(&sealed, instance, row).unwrap();
        assert_eq!(opened.expose_secret(), "hush");
        assert!(matches!(keys.open(&sealed, instance, Uuid::now_v7()), Err(Error::Broken)));
    }

    #[test]
    fn an_older_key_still_opens_and_the_first_one_seals() {
        let (instance, row) = (Uuid::now_v7(), Uuid::now_v7());
        let old = keys(&key("old", 1)).seal(&SecretString::from("hush"), instance, row);
        let both = keys(&format!("{},{}", key("new", 2), key("old", 1)));
        assert!(both.open(&old, instance, row).is_ok());
        assert!(both.seal(&SecretString::from("x"), instance, row).starts_with("new:"));
        let only_new = keys(&key("new", 2)).open(&old, instance, row);
        assert!(matches!(only_new, Err(Error::UnknownKey(id)) if id == "old"));
    }

    #[test]
    fn a_key_of_zeros_and_one_id_twice_are_rejected() {
        let parse = |text: String| Keys::parse(&SecretString::from(text)).err();
        assert!(matches!(parse(key("a", 0)), Some(Error::Zero(id)) if id == "a"));
        let twice = format!("{},{}", key("a", 1), key("a", 2));
        assert!(matches!(parse(twice), Some(Error::Twice(id)) if id == "a"));
    }

    #[test]
    fn a_fingerprint_tells_keys_apart_and_not_ids() {
        let of = |text: &str| keys(text).fingerprints().next().unwrap().1.to_owned();
        assert_eq!(of(&key("a", 1)), of(&key("b", 1)));
        assert_ne!(of(&key("a", 1)), of(&key("a", 2)));
        assert!(!key("a", 1).contains(&of(&key("a", 1))));
    }

    #[test]
    fn only_the_key_that_marked_a_text_knows_the_mark_and_of_that_text_alone() {
        let both = keys(&format!("{},{}", key("a", 1), key("b", 2)));
        let mark = both.mark("text");
        assert_eq!(both.has_marked("a", "text", &mark), Some(true));
        assert_eq!(both.has_marked("a", "texts", &mark), Some(false));
        assert_eq!(both.has_marked("b", "text", &mark), Some(false));
        assert_eq!(both.has_marked("a", "text", "no mark"), Some(false));
        assert_eq!(both.has_marked("c", "text", &mark), None);
    }

    #[test]
    fn a_short_key_is_rejected() {
        let short = SecretString::from("a:c2hvcnQ=");
        assert!(matches!(Keys::parse(&short), Err(Error::Malformed)));
    }
}
