//! Everything a sandbox remembers: the account, its clients and lists, switches, faults, tokens, calls.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, NaiveDateTime, Utc};
use xxhash_rust::xxh3::xxh3_128;

use super::address::Key;
use super::calls::Calls;
use super::faults::Faults;
use super::list::List;
use super::oauth::Grants;
use super::preset;
use super::settings::Settings;

/// Locks, also after a panic elsewhere: a test that fails must not fail all others.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

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
    /// Who said no to tracking; everyone else is taken to agree.
    pub refused_tracking: HashSet<Key>,
}

/// A sub-account.
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
}

/// The clients and lists of the account.
#[derive(Debug)]
pub struct Account {
    pub clients: Vec<Arc<Client>>,
    /// In the order in which they were made.
    pub lists: Vec<Arc<List>>,
    made_ids: u64,
}

impl Account {
    pub fn new(clients: Vec<Arc<Client>>, lists: Vec<Arc<List>>) -> Self {
        Self { clients, lists, made_ids: 0 }
    }

    /// A new id of 32 hexadecimal digits, the same in every sandbox that made as many before.
    pub fn make_id(&mut self) -> String {
        self.made_ids += 1;
        format!("{:032x}", xxh3_128(&self.made_ids.to_le_bytes()))
    }
}

/// Adds and updates of single people in the present minute.
#[derive(Debug, Default)]
pub struct RecentChanges {
    minute: i64,
    by_person: HashMap<Key, u32>,
}

impl RecentChanges {
    /// Counts one more change of a person and answers how many that makes in this minute.
    pub fn count(&mut self, key: Key, now: i64) -> u32 {
        if self.minute != now / 60 {
            *self = Self { minute: now / 60, by_person: HashMap::new() };
        }
        let changes = self.by_person.entry(key).or_default();
        *changes += 1;
        *changes
    }
}

/// The whole state of a sandbox.
#[derive(Debug)]
pub struct World {
    account: Mutex<Account>,
    settings: Mutex<Arc<Settings>>,
    fixed_clock: Mutex<Option<NaiveDateTime>>,
    recent_changes: Mutex<RecentChanges>,
    grants: Mutex<Grants>,
    pub faults: Faults,
    pub calls: Calls,
}

impl World {
    pub fn new() -> Self {
        Self {
            account: Mutex::new(preset::account()),
            settings: Mutex::default(),
            fixed_clock: Mutex::default(),
            recent_changes: Mutex::default(),
            grants: Mutex::default(),
            faults: Faults::default(),
            calls: Calls::default(),
        }
    }

    /// Back to the beginning; calls under way finish on what they hold.
    pub fn reset(&self) {
        *locked(&self.account) = preset::account();
        *locked(&self.settings) = Arc::default();
        *locked(&self.fixed_clock) = None;
        *locked(&self.recent_changes) = RecentChanges::default();
        *locked(&self.grants) = Grants::default();
        self.faults.replace(Vec::new());
        self.calls.clear();
    }

    pub fn account(&self) -> MutexGuard<'_, Account> {
        locked(&self.account)
    }

    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&locked(&self.settings))
    }

    pub fn set_settings(&self, settings: Settings) {
        *locked(&self.settings) = Arc::new(settings);
    }

    pub fn grants(&self) -> MutexGuard<'_, Grants> {
        locked(&self.grants)
    }

    pub fn recent_changes(&self) -> MutexGuard<'_, RecentChanges> {
        locked(&self.recent_changes)
    }

    pub fn fix_clock(&self, time: Option<NaiveDateTime>) {
        *locked(&self.fixed_clock) = time;
    }

    /// The present second in the client's time zone, which is UTC unless the clock is fixed.
    pub fn now(&self) -> i64 {
        let fixed = *locked(&self.fixed_clock);
        fixed.map_or_else(|| Utc::now().timestamp(), |time| time.and_utc().timestamp())
    }
}

/// A time as the service writes it: `2010-10-25 10:28:00`.
pub fn date_text(seconds: i64) -> String {
    let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    time.format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_a_person_are_counted_afresh_every_minute() {
        let mut recent = RecentChanges::default();
        let (ada, bob) = (Key::of("ada@example.com"), Key::of("bob@example.com"));
        assert_eq!(
            [recent.count(ada, 60), recent.count(ada, 119), recent.count(bob, 119)],
            [1, 2, 1]
        );
        assert_eq!(recent.count(ada, 120), 1);
    }
}
