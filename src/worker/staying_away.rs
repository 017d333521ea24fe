//! Reads who left the list by their own wish: everybody before the first call of a run that brings people back, and
//! those who have left since from time to time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDateTime;
use tokio::time::Instant;

use super::gone::day_before;
use super::joined::address_hash;
use super::own_wish::{LastRead, OwnWish, StayingAway};
use super::upload::Uploader;
use crate::campaign_monitor::{Error, SubscriberState};
use crate::db::{self, Time};
use crate::feedback::{self, AccountClock};
use crate::names::ExportId;

/// How old may be what is known of them: people leave also while a run brings others back.
const FRESH: Duration = Duration::from_secs(30);
const STATES: [SubscriberState; 2] = [SubscriberState::Bounced, SubscriberState::Unsubscribed];
/// Readings of all pages of a state.
const READS_MAX: usize = 3;
const MOMENT: &str = "%Y-%m-%d %H:%M:%S";

impl Uploader {
    /// Who stays away now; nobody where nobody is brought back. Fails when it cannot be read, with the error of the
    /// last try, if there was one.
    pub(super) async fn staying_away(&self) -> Result<Arc<StayingAway>, Option<Error>> {
        let Some(own_wish) = &self.own_wish else { return Ok(Arc::default()) };
        let mut read = own_wish.read.lock().await;
        if let Some(read) = &*read
            && read.at.elapsed() < FRESH
        {
            return Ok(read.staying.clone());
        }
        let next = match read.take() {
            None => self.read_all(own_wish).await?,
            Some(old) => self.read_newer(own_wish, old).await?,
        };
        let staying = next.staying.clone();
        *read = Some(next);
        Ok(staying)
    }

    /// Everybody who is off the list, whenever they left.
    async fn read_all(&self, own_wish: &OwnWish) -> Result<LastRead, Option<Error>> {
        let shown = self.ask(|account| async move { account.system_date().await }).await?;
        let clock = AccountClock::of(&shown, db::now()).ok_or(Some(Error::Interrupted))?;
        self.read_since("", own_wish, (clock, StayingAway::default())).await
    }

    /// The same with those who have left since the run began.
    async fn read_newer(
        &self,
        own_wish: &OwnWish,
        old: LastRead,
    ) -> Result<LastRead, Option<Error>> {
        let since = day_before(own_wish.run);
        self.read_since(&since, own_wish, (old.clock, (*old.staying).clone())).await
    }

    /// Adds who has left since a day, and reads who may be sent again all the same.
    async fn read_since(
        &self,
        since: &str,
        own_wish: &OwnWish,
        (clock, mut staying): (AccountClock, StayingAway),
    ) -> Result<LastRead, Option<Error>> {
        let at = Instant::now();
        for state in STATES {
            self.add_state(since, (clock, state), &mut staying).await?;
        }
        staying.readmitted = self.readmitted(own_wish.export).await.map_err(|error| {
            tracing::warn!(%error, "who may be sent again could not be read");
            None
        })?;
        Ok(LastRead { at, clock, staying: Arc::new(staying) })
    }

    /// Adds everybody of a state. People who leave the state meanwhile move others to pages that are read already: then
    /// all pages are read again.
    async fn add_state(
        &self,
        since: &str,
        (clock, state): (AccountClock, SubscriberState),
        staying: &mut StayingAway,
    ) -> Result<(), Option<Error>> {
        for _ in 0..READS_MAX {
            if self.add_once(since, (clock, state), staying).await? {
                return Ok(());
            }
        }
        tracing::warn!(state = state.word(), "the list changes too much to tell who has left it");
        Err(Some(Error::Interrupted))
    }

    /// The same once. False when somebody may be missing.
    async fn add_once(
        &self,
        since: &str,
        (clock, state): (AccountClock, SubscriberState),
        staying: &mut StayingAway,
    ) -> Result<bool, Option<Error>> {
        let (list, word) = (self.list_id.as_str(), state.word());
        let (mut total, mut is_steady) = (0, true);
        for number in 1.. {
            let read =
                self.ask(|account| async move { account.moved(list, word, since, number).await });
            let page = read.await?;
            is_steady &= page.total_number_of_records >= total;
            total = page.total_number_of_records;
            for (email, date) in page.people() {
                let left = NaiveDateTime::parse_from_str(date, MOMENT);
                let left = left.map_or_else(|_| db::now(), |left| clock.utc(left));
                staying.left.insert(address_hash(email), (state, left));
            }
            if number >= page.number_of_pages {
                break;
            }
        }
        Ok(is_steady)
    }

    async fn readmitted(&self, export: ExportId) -> sqlx::Result<HashMap<u64, Time>> {
        let all = feedback::readmitted(&mut self.gate.app.db.read().await?, export).await?;
        Ok(all.into_iter().map(|one| (address_hash(&one.email), one.created_utc)).collect())
    }
}
