//! A client (Campaign Monitor's word for a sub-account) and what holds for all its lists.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};

use super::address::Key;
use super::lock::locked;
use super::request::Consent;

/// An entry of the suppression list; `since` is in seconds since 1970.
#[derive(Clone, Debug)]
pub struct Suppression {
    pub email: String,
    pub reason: &'static str,
    pub since: i64,
}

/// What holds for an address in all lists of a client.
#[derive(Debug, Default)]
pub struct Contacts {
    pub suppressed: HashMap<Key, Suppression>,
    /// Everyone else counts as having agreed.
    pub refused_tracking: HashSet<Key>,
}

impl Contacts {
    /// Consent to tracking holds for a person in all lists of the client.
    pub fn record_consent(&mut self, key: Key, track: Consent) {
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
    contacts: Mutex<Contacts>,
}

impl Client {
    pub fn new(id: &str, name: &str, api_key: &str) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            api_key: api_key.into(),
            contacts: Mutex::default(),
        }
    }

    pub fn contacts(&self) -> MutexGuard<'_, Contacts> {
        locked(&self.contacts)
    }

    /// An address that is suppressed already keeps its reason and its time.
    pub fn suppress(&self, email: &str, reason: &'static str, since: i64) {
        let email = email.to_owned();
        let mut contacts = self.contacts();
        contacts.suppressed.entry(Key::of(&email)).or_insert(Suppression { email, reason, since });
    }
}
