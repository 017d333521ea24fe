//! A client, which is Campaign Monitor's word for a sub-account, and what it knows across its lists.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};

use super::address::Key;
use super::lock::locked;
use super::request::Consent;

/// Why an address is on a suppression list, and since when.
#[derive(Clone, Debug)]
pub struct Suppression {
    pub email: String,
    pub reason: &'static str,
    pub since: i64,
}

/// What a client knows about addresses across its lists.
#[derive(Debug, Default)]
pub struct Book {
    pub suppressed: HashMap<Key, Suppression>,
    /// Everyone else is taken to agree.
    pub refused_tracking: HashSet<Key>,
}

impl Book {
    /// Consent to tracking holds for a person in all lists of the client.
    pub fn note_consent(&mut self, key: Key, track: Consent) {
        match track {
            Consent::Yes => _ = self.refused_tracking.remove(&key),
            Consent::No => _ = self.refused_tracking.insert(key),
            Consent::Unchanged => {}
        }
    }
}

#[derive(Debug)]
pub struct Client {
    pub id: String,
    pub name: String,
    pub api_key: String,
    book: Mutex<Book>,
}

impl Client {
    pub fn new(id: &str, name: &str, api_key: &str) -> Self {
        Self { id: id.into(), name: name.into(), api_key: api_key.into(), book: Mutex::default() }
    }

    pub fn book(&self) -> MutexGuard<'_, Book> {
        locked(&self.book)
    }

    /// Puts an address on the suppression list, if it is not there already.
    pub fn suppress(&self, email: &str, reason: &'static str, since: i64) {
        let email = email.to_owned();
        let mut book = self.book();
        book.suppressed.entry(Key::of(&email)).or_insert(Suppression { email, reason, since });
    }
}
