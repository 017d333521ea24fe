//! Reads back a call that had no answer, before it counts as in doubt and before it is made again.
//!
//! A few of its people are read first. When none of them has what was sent, the call was not stored, and may be made
//! again. When all of them have it, everybody is read: who has it is known to be on the list, and the others are left
//! to be sent. When some of them have it, the call is made again, which stores the same values once more. But where
//! people who left are subscribed again, nothing is repeated that may have been stored: somebody may have left in
//! between. Then everybody is read, and what is left is sent without subscribing anybody again.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use futures::future::try_join_all;
use futures::{StreamExt, stream};
use tokio::select;
use tokio::time::{Instant, sleep, timeout};

use super::limiter::Verdict;
use super::upload::{PeopleKind, Request, Uploader};
use super::uploaded::Uploaded;
use crate::campaign_monitor::{Account, Error, SentForm, SubscriberRow, SubscriberState};

/// People who are read first.
const PROBES: usize = 5;
/// How long that may take.
const PROBES_MAX: Duration = Duration::from_secs(10);
/// How long everybody of a call may take; who is not read by then is left.
const ALL_MAX: Duration = Duration::from_mins(1);
const DRAINING_MAX: Duration = Duration::from_secs(15);
/// The moments of Campaign Monitor are cut to seconds.
const CLOCKS: TimeDelta = TimeDelta::seconds(1);
const MOMENT: &str = "%Y-%m-%d %H:%M:%S";

/// What the list has of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Exactly what was sent, on the list.
    Sent { is_new: bool },
    /// Nobody, somebody who left, or other values.
    Other,
}

/// What was found of the people who were read first.
enum Evidence {
    All,
    Some,
    Nobody,
    /// They could not be read.
    Unknown,
}

impl Uploader {
    /// Takes out of a request whose try had no answer what the list is seen to have, and counts it.
    pub(super) async fn read_back(&self, state: &mut Uploaded, request: &mut Request) {
        let Ok(records) = self.comparison.sent(&request.body) else { return };
        let evidence = match timeout(PROBES_MAX, Box::pin(self.probe(request, &records))).await {
            Ok(Ok(evidence)) => evidence,
            Ok(Err(_)) | Err(_) => Evidence::Unknown,
        };
        let is_careful = self.plan.resubscribes() || request.people == PeopleKind::Returning;
        match evidence {
            Evidence::Nobody => return,
            Evidence::Some | Evidence::Unknown if !is_careful => return,
            Evidence::All | Evidence::Some => self.take_found(state, request, records).await,
            Evidence::Unknown => {}
        }
        request.brings_nobody_back = is_careful;
        request.body = self.body(&state.batch.page, request);
    }

    async fn probe(
        &self,
        request: &Request,
        records: &[(String, SentForm)],
    ) -> Result<Evidence, Error> {
        let since = self.sent_at(request).await?;
        let probes = spread(records.len()).map(|index| self.peek(&records[index], since));
        let found = try_join_all(probes).await?;
        let there = found.iter().filter(|one| matches!(one, Found::Sent { .. })).count();
        Ok(match there {
            0 => Evidence::Nobody,
            all if all == found.len() => Evidence::All,
            _ => Evidence::Some,
        })
    }

    /// Reads everybody of a request, several at a time, and keeps in it whom the list does not show as sent.
    async fn take_found(
        &self,
        state: &mut Uploaded,
        request: &mut Request,
        records: Vec<(String, SentForm)>,
    ) {
        let Ok(since) = self.sent_at(request).await else { return };
        let most = usize::from(self.work.uploads_in_flight);
        let reads = stream::iter(records.into_iter().zip(request.records.clone()));
        let reads =
            reads.map(|(record, row)| async move { (row, self.peek(&record, since).await) });
        let mut found = Box::pin(reads.buffered(most).take_until(Box::pin(self.end_of_reading())));
        let mut taken = HashSet::new();
        while let Some((row, found)) = found.next().await {
            if let Ok(Found::Sent { is_new }) = found {
                // People who come back were there before, also where nothing of them was left.
                let is_back = request.people.is_back();
                state.infer(is_new && !is_back);
                state.resubscribed += i64::from(is_back);
                taken.insert(row);
            }
        }
        request.records.retain(|row| !taken.contains(row));
        let (inferred, left) = (taken.len(), request.records.len());
        tracing::info!(inferred, left, "a call without an answer was read back");
    }

    /// A run that drains has less time.
    async fn end_of_reading(&self) {
        select! {
            () = sleep(ALL_MAX) => {}
            () = async {
                self.drain.cancelled().await;
                sleep(DRAINING_MAX).await;
            } => {}
        }
    }

    /// When the request was sent first, on the clock of the account; `None` when an earlier attempt sent it.
    async fn sent_at(&self, request: &Request) -> Result<Option<NaiveDateTime>, Error> {
        let Some(sent) = request.sent else { return Ok(None) };
        let now = self.read(|account| async move { account.system_date().await }).await?;
        let now = NaiveDateTime::parse_from_str(&now, MOMENT).map_err(|_| Error::Interrupted)?;
        Ok(Some(now - ago(sent)))
    }

    async fn peek(
        &self,
        (address, form): &(String, SentForm),
        since: Option<NaiveDateTime>,
    ) -> Result<Found, Error> {
        let list = self.list_id.as_str();
        let read = self.read(|account| async move { account.subscriber(list, address).await });
        let text = match read.await {
            Ok(found) => found.to_string(),
            Err(error) if error.is_unknown_subscriber() => return Ok(Found::Other),
            Err(error) => return Err(error),
        };
        let row: SubscriberRow<'_> = serde_json::from_str(&text).map_err(|_| Error::Interrupted)?;
        let joined = NaiveDateTime::parse_from_str(row.list_joined_date.as_str(), MOMENT).ok();
        let is_new = since.zip(joined).is_some_and(|(since, joined)| joined >= since);
        let is_there = match row.state {
            SubscriberState::Active => true,
            // On a double opt-in list the new ones are.
            SubscriberState::Unconfirmed => is_new,
            _ => false,
        };
        let is_as_sent = is_there && self.comparison.stored(&row, &form.shape) == form.hash;
        Ok(if is_as_sent { Found::Sent { is_new } } else { Found::Other })
    }

    /// One read, in turn with the uploads of the run.
    async fn read<T, F>(&self, call: impl Fn(Account) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let slot = self.limiter.acquire().await;
        let answer = self.session.call(call).await;
        if answer.is_ok() {
            slot.answer(Verdict::Clean);
        }
        answer
    }
}

fn ago(sent: Instant) -> TimeDelta {
    TimeDelta::from_std(sent.elapsed()).unwrap_or_default() + CLOCKS
}

/// Positions of some of so many records, from the first to the last.
fn spread(records: usize) -> impl Iterator<Item = usize> {
    let probes = records.min(PROBES);
    (0..probes).map(move |probe| if probes < 2 { 0 } else { probe * (records - 1) / (probes - 1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_the_last_and_some_between_are_read() {
        let read = |records| spread(records).collect::<Vec<_>>();
        assert_eq!(read(1000), [0, 249, 499, 749, 999]);
        assert_eq!(read(5), [0, 1, 2, 3, 4]);
        assert_eq!(read(2), [0, 1]);
        assert_eq!(read(1), [0]);
        assert_eq!(read(0), [0; 0]);
    }
}
