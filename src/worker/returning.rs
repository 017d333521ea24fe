//! People whom an earlier run, perhaps of another export, took off the list, and who are in the segments again.
//!
//! Each is read first. Only those who have been as that run left them since it ended come back, in calls of their own:
//! those who left by their own wish in between stay away. Such a call is never repeated blindly: they may leave at any
//! time.

use std::collections::{HashMap, VecDeque};

use arrow_array::RecordBatch;
use chrono::{NaiveDateTime, TimeDelta};

use super::upload::{PeopleKind, Request, Uploader};
use super::uploaded::{RefusedRecord, Unanswered, Uploaded};
use crate::campaign_monitor::{
    Account, Disposition, Error, ImportFailure, StateSince, SubscriberState,
};
use crate::db;
use crate::names::RunId;
use crate::records::encoded::EncodedBatch;
use crate::runs::{self, Run};

/// The clock of the account may have been put forward or back since a run, and its moments are cut to seconds.
const CLOCK_CHANGE: TimeDelta = TimeDelta::minutes(61);
const MOMENT: &str = "%Y-%m-%d %H:%M:%S";

/// Rows of the page of a batch, each with the state in which an earlier run left the person.
pub type Returning = Vec<(usize, SubscriberState)>;

/// What the list has of them now.
#[derive(Default)]
struct Found {
    /// Still as the earlier run left them.
    as_left: Vec<usize>,
    /// On the list, or never there: sent like all others.
    usual: Vec<usize>,
    refused: Vec<RefusedRecord>,
}

impl Uploader {
    /// Sends people who return. Without an answer about all others nobody is read.
    pub(super) async fn send_returning(
        &self,
        state: &mut Uploaded,
        returning: Returning,
        in_doubt: bool,
    ) {
        let rows: Vec<usize> = returning.iter().map(|(row, _)| *row).collect();
        if let Some(unanswered) = &mut state.unanswered {
            unanswered.add(rows, in_doubt);
            return;
        }
        match self.find(state, returning, in_doubt).await {
            Ok(found) => {
                state.refused.extend(found.refused);
                let usual = Request::of(&self.plan, &state.batch.page, found.usual, in_doubt);
                let plan = self.returning.as_ref().unwrap_or(&self.plan);
                let as_left = Request::of(plan, &state.batch.page, found.as_left, in_doubt);
                let as_left = Request { people: PeopleKind::Returning, ..as_left };
                self.send_all(state, VecDeque::from([usual, as_left])).await;
            }
            Err(error) => {
                let mut unanswered = Unanswered { error, ..Unanswered::default() };
                unanswered.add(rows, in_doubt);
                state.unanswered = Some(unanswered);
            }
        }
    }

    /// An attempt before may have brought them back, and those who have unsubscribed again since want to stay away.
    async fn find(
        &self,
        state: &Uploaded,
        returning: Returning,
        in_doubt: bool,
    ) -> Result<Found, Option<Error>> {
        let (mut found, ahead) = (Found::default(), self.ahead().await?);
        let removed_by = removed_by(&state.batch);
        let staying = self.staying_away().await?;
        for (row, left_as) in returning {
            let address = self.address(&state.batch.page, row);
            let may_be_a_wish = in_doubt && left_as == SubscriberState::Unsubscribed;
            let now = match self.state_since(&address).await {
                // The import answers what is wrong with this person.
                Err(Some(error)) if error.is_personal() => None,
                read => read?,
            };
            match now {
                Some(now)
                    if now.state == left_as
                        && !may_be_a_wish
                        && self.is_of(removed_by.get(&row), &now, ahead).await? =>
                {
                    found.as_left.push(row);
                }
                None => found.usual.push(row),
                Some(now) if now.state == SubscriberState::Active => found.usual.push(row),
                Some(_) if self.plan.resubscribes() && staying.state(&address).is_none() => {
                    found.usual.push(row);
                }
                Some(now) => found.refused.push(refusal(address, now.state)),
            }
        }
        Ok(found)
    }

    /// How far the clock of the account is ahead of ours.
    async fn ahead(&self) -> Result<TimeDelta, Option<Error>> {
        let now = self.ask(|account| async move { account.system_date().await }).await?;
        let now = NaiveDateTime::parse_from_str(&now, MOMENT);
        now.map(|now| now - db::now().naive_utc()).map_err(|_| Some(Error::Interrupted))
    }

    /// Whether somebody has been in a state since a run that removed them, and not only since later. It is unknown of a
    /// run that is not kept any more: then it may be their own wish. Where everybody comes back, that matters only of
    /// those who are unsubscribed.
    async fn is_of(
        &self,
        run: Option<&RunId>,
        now: &StateSince,
        ahead: TimeDelta,
    ) -> Result<bool, Option<Error>> {
        if self.plan.resubscribes() && now.state != SubscriberState::Unsubscribed {
            return Ok(true);
        }
        let Some(run) = run else { return Ok(false) };
        let run = self.run_that_removed(*run).await.map_err(|_| Some(Error::Interrupted))?;
        let ended = run.and_then(|run| run.end_utc).map(|ended| ended.naive_utc() + ahead);
        let date = NaiveDateTime::parse_from_str(&now.date, MOMENT).ok();
        Ok(ended.zip(date).is_some_and(|(ended, date)| date <= ended + CLOCK_CHANGE))
    }

    async fn run_that_removed(&self, run: RunId) -> sqlx::Result<Option<Run>> {
        runs::store::get(&mut self.gate.app.db.read().await?, run).await
    }

    /// The address to which a row is sent.
    pub(super) fn address(&self, page: &RecordBatch, row: usize) -> String {
        let columns = self.plan.columns_of(page);
        self.plan.address(&columns, row).map_or_else(|_| String::new(), Into::into)
    }

    /// What a person is to the list.
    pub(super) async fn state_of(
        &self,
        address: &str,
    ) -> Result<Option<SubscriberState>, Option<Error>> {
        Ok(self.state_since(address).await?.map(|found| found.state))
    }

    async fn state_since(&self, address: &str) -> Result<Option<StateSince>, Option<Error>> {
        let list = self.list_id.as_str();
        self.ask(|account| async move { account.state_since(list, address).await }).await
    }

    /// The answer to a call that asks for something, with retries where they may help.
    pub(super) async fn ask<T, F>(&self, call: impl Fn(Account) -> F) -> Result<T, Option<Error>>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut failed = None;
        for attempt in 1..=self.work.call_tries {
            let Some(slot) = self.slot().await else { return Err(failed) };
            let answer = self.session.call(&call).await;
            slot.answer(self.verdict(&answer, attempt));
            match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    let Disposition::Retry(asked) = error.disposition() else {
                        return Err(Some(error));
                    };
                    failed = Some(error);
                    self.wait(asked, attempt).await;
                }
            }
        }
        Err(failed)
    }
}

/// The runs that removed the people of a batch, by rows.
fn removed_by(batch: &EncodedBatch) -> HashMap<usize, RunId> {
    let records = batch.records.iter().zip(&batch.hashes);
    records.filter_map(|(row, hashes)| Some((*row, hashes.left_by?))).collect()
}

/// The same as an import would have answered.
pub(super) fn refusal(email_address: String, state: SubscriberState) -> RefusedRecord {
    let code = match state {
        SubscriberState::Bounced => 207,
        SubscriberState::Unconfirmed => 208,
        SubscriberState::Deleted => 205,
        SubscriberState::Active | SubscriberState::Unsubscribed | SubscriberState::Other => 206,
    };
    let failure = ImportFailure { email_address, code, message: String::new() };
    RefusedRecord { failure, may_repeat: false }
}

impl Unanswered {
    /// Adds records that were not sent in this attempt, but perhaps in one before.
    pub(super) fn add(&mut self, rows: Vec<usize>, in_doubt: bool) {
        if in_doubt {
            self.in_doubt.extend(rows);
        } else {
            self.unsent.extend(rows);
        }
    }
}
