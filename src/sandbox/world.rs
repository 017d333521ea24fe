//! The state of a sandbox: the account with its clients and lists, settings, faults, tokens, the call log.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{NaiveDateTime, Utc};

use super::account::Account;
use super::call_log::CallLog;
use super::changes::RecentChanges;
use super::faults::Faults;
use super::grants::Grants;
use super::lock::locked;
use super::preset;
use super::settings::Settings;

#[derive(Debug)]
pub struct World {
    account: Mutex<Account>,
    settings: Mutex<Arc<Settings>>,
    fixed_clock: Mutex<Option<NaiveDateTime>>,
    /// Minutes that the clients are ahead of UTC.
    offset: AtomicI64,
    recent_changes: Mutex<RecentChanges>,
    grants: Mutex<Grants>,
    pub faults: Faults,
    pub call_log: CallLog,
}

impl World {
    pub fn new() -> Self {
        Self {
            account: Mutex::new(preset::account()),
            settings: Mutex::default(),
            fixed_clock: Mutex::default(),
            offset: AtomicI64::default(),
            recent_changes: Mutex::default(),
            grants: Mutex::default(),
            faults: Faults::default(),
            call_log: CallLog::default(),
        }
    }

    /// Restores the preset; active calls finish on the objects that they already hold.
    pub fn reset(&self) {
        *locked(&self.account) = preset::account();
        *locked(&self.settings) = Arc::default();
        *locked(&self.fixed_clock) = None;
        self.set_offset(0);
        *locked(&self.recent_changes) = RecentChanges::default();
        *locked(&self.grants) = Grants::default();
        self.faults.replace(Vec::new());
        self.call_log.clear();
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

    /// Moves the time zone of the clients.
    pub fn set_offset(&self, minutes: i64) {
        self.offset.store(minutes, Ordering::Relaxed);
    }

    /// Seconds since 1970 in the clients' time zone, which is UTC unless a command has moved it or fixed the clock.
    pub fn now(&self) -> i64 {
        let fixed = *locked(&self.fixed_clock);
        let running = || Utc::now().timestamp() + 60 * self.offset.load(Ordering::Relaxed);
        fixed.map_or_else(running, |time| time.and_utc().timestamp())
    }
}
