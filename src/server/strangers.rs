//! Records calls of nobody with access: those without a valid token, without a role, or for another's instance.
//!
//! Anybody can make a million of them. So a call only leaves a note in memory: a bounded number of events a minute, and
//! counts of the rest, which become one event. A task of its own writes them, all at once.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::counter;
use serde_json::{Value, json};
use tokio::select;
use tokio::time::{Instant, interval};
use tokio_util::sync::CancellationToken;

use crate::audit::{self, Action, Author, Change, Event, NO_INSTANCE, SystemActor};
use crate::db::{self, Db, Time};
use crate::telemetry::measures::{AUDIT_EVENTS, AUDIT_OMITTED, AuditKind};

const WINDOW: Duration = Duration::from_mins(1);
/// How long an event waits for others.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// Addresses that are counted in a minute; further ones count together.
const ADDRESSES_MAX: usize = 1000;
/// Addresses that the event of a minute names: those with the most calls.
const ADDRESSES_NAMED: usize = 10;

/// Calls that wait to be written.
pub struct Strangers {
    events_max: usize,
    notes: Mutex<Notes>,
}

struct Notes {
    window: Instant,
    since: Time,
    /// Events of this window, written or not.
    taken: usize,
    events: Vec<Event>,
    omitted: Omitted,
}

/// Calls without an event.
#[derive(Default)]
struct Omitted {
    sign_ins: u64,
    others: u64,
    addresses: HashMap<String, u64>,
}

impl Strangers {
    /// Room for `events_max` events in a minute.
    pub fn new(events_max: usize) -> Self {
        Self { events_max, notes: Mutex::new(Notes::new()) }
    }

    /// Notes a call from `address`; `event` is only made when there is room for it. Returns whether there was.
    pub fn note(
        &self,
        kind: AuditKind,
        address: Option<&str>,
        event: impl FnOnce() -> Event,
    ) -> bool {
        counter!(AUDIT_EVENTS, "kind" => kind.word()).increment(1);
        let mut notes = self.notes();
        if notes.window.elapsed() < WINDOW && notes.taken < self.events_max {
            notes.taken += 1;
            notes.events.push(event());
            return true;
        }
        counter!(AUDIT_OMITTED).increment(1);
        notes.omitted.add(kind, address);
        false
    }

    /// Writes what was noted, once a second, until the service stops.
    pub async fn write_until_stopped(&self, db: &Db, stop: &CancellationToken) {
        let mut ticks = interval(WRITE_EVERY);
        loop {
            select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => return,
            }
            self.write(db, false).await;
        }
    }

    /// Writes what was noted. Calls without an event are counted when their minute has ended, or at once.
    pub async fn write(&self, db: &Db, at_once: bool) {
        let (events, omitted) = self.take(at_once);
        if events.is_empty() {
            return;
        }
        if omitted > 0 {
            tracing::warn!(omitted, "calls of nobody with access are not in the audit one by one");
        }
        if let Err(error) = write(db, &events).await {
            counter!(AUDIT_OMITTED).increment(events.len().try_into().unwrap_or_default());
            tracing::error!(error = %error, "rejected calls could not be written to the audit");
        }
    }

    fn take(&self, at_once: bool) -> (Vec<Event>, u64) {
        let mut notes = self.notes();
        let mut events = mem::take(&mut notes.events);
        if !at_once && notes.window.elapsed() < WINDOW {
            return (events, 0);
        }
        let ended = mem::replace(&mut *notes, Notes::new());
        drop(notes);
        let count = ended.omitted.sign_ins + ended.omitted.others;
        if count > 0 {
            events.push(ended.omitted.event(ended.since));
        }
        (events, count)
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notes {
    fn new() -> Self {
        let (window, since) = (Instant::now(), db::now());
        Self { window, since, taken: 0, events: vec![], omitted: Omitted::default() }
    }
}

impl Omitted {
    fn add(&mut self, kind: AuditKind, address: Option<&str>) {
        match kind {
            AuditKind::SignInFailed => self.sign_ins += 1,
            _ => self.others += 1,
        }
        let address = address.unwrap_or_default();
        if let Some(count) = self.addresses.get_mut(address) {
            *count += 1;
        } else if self.addresses.len() < ADDRESSES_MAX {
            self.addresses.insert(address.to_owned(), 1);
        }
    }

    /// The one event of all of them.
    fn event(self, since: Time) -> Event {
        let mut addresses: Vec<(String, u64)> = self.addresses.into_iter().collect();
        addresses.sort_unstable_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
        addresses.truncate(ADDRESSES_NAMED);
        let named = addresses
            .into_iter()
            .map(|(address, count)| json!({"address": address, "calls": count}));
        let what = json!({
            "signInsFailed": self.sign_ins,
            "callsRefused": self.others,
            "sinceUtc": since,
            "addresses": named.collect::<Vec<Value>>(),
        });
        let author = Author::system(NO_INSTANCE, SystemActor::Api);
        Event {
            more_left_out: true,
            ..audit::event_of(&author, Action::CallOmit, Change::call("*".into(), &what))
        }
    }
}

async fn write(db: &Db, events: &[Event]) -> sqlx::Result<()> {
    let mut tx = db.write().await?;
    for event in events {
        audit::write(&mut tx, event).await?;
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        let author = Author::system(NO_INSTANCE, SystemActor::Api);
        audit::event_of(&author, Action::SignInFail, Change::default())
    }

    #[tokio::test(start_paused = true)]
    async fn a_minute_has_room_for_so_many_events_and_one_that_counts_the_rest() {
        let strangers = Strangers::new(2);
        let sign_in = |address| strangers.note(AuditKind::SignInFailed, Some(address), event);
        assert_eq!([sign_in("a"), sign_in("a"), sign_in("a")], [true, true, false]);
        assert!(!strangers.note(AuditKind::CallRefused, Some("b"), event));
        assert!(!sign_in("b"));
        let (events, omitted) = strangers.take(false);
        assert_eq!((events.len(), omitted), (2, 0));
        tokio::time::advance(WINDOW).await;
        let (events, omitted) = strangers.take(false);
        let [count] = &events[..] else { panic!("{events:?}") };
        assert_eq!(omitted, 3);
        assert_eq!(
            (&count.after["signInsFailed"], &count.after["callsRefused"]),
            (&json!(2), &json!(1))
        );
        let addresses = json!([{"address": "b", "calls": 2}, {"address": "a", "calls": 1}]);
        assert_eq!(count.after["addresses"], addresses);
        assert!(sign_in("a"));
        assert!(!strangers.take(true).0.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_million_addresses_need_no_memory_of_a_million() {
        let strangers = Strangers::new(0);
        for address in 0..100_000 {
            strangers.note(AuditKind::SignInFailed, Some(&address.to_string()), event);
        }
        assert_eq!(strangers.notes().omitted.addresses.len(), ADDRESSES_MAX);
        assert_eq!(strangers.take(true).1, 100_000);
    }
}
