//! Compares every page of the list.
//!
//! Pages come in the order of addresses, the only one that stays the same meanwhile. Offsets have no snapshot:
//! somebody who leaves the list moves the first person of each later page to the page before. So a page is read again
//! whose successor had another total, then those who have not confirmed yet and those who came since the beginning,
//! and members whom no page has shown are read alone.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};

use super::counts::{account_minute, pages_of};
use super::failure::Failure;
use super::known::KnownStates;
use super::members::{SentMember, SentMembers};
use super::moved::meet_moved;
use super::pages::Yardstick;
use super::reader::Reader;
use super::subject::Subject;
use super::unmet::read_each;
use crate::campaign_monitor::{PageQuery, StoredComparison, SubscriberState};
use crate::records::integers::to_i64;
use crate::verifications::{
    DIFFERENCES_MAX, DifferenceKind, Expectation, Expected, ExpectedBuilder, Findings, Tally,
};

pub async fn check(subject: &Subject, reader: &Reader<'_>) -> Result<Findings, Failure> {
    let comparison = Arc::new(StoredComparison::of(&subject.fields));
    let all_known = KnownStates::of(subject).await?;
    let known = all_known.clone().filter(|_| KnownStates::decides(&subject.run));
    let expected = Arc::new(expected(subject, &comparison, known.clone()).await?);
    let list = subject.list().to_owned();
    let yardstick = Yardstick { expected, comparison, known: all_known, list };
    let started = reader.account_time().await?;
    let in_flight = subject.reads_in_flight();
    let Scan { mut tally, totals, read } =
        scan(reader, &yardstick, SubscriberState::Active, in_flight).await?;
    let is_steady = totals.windows(2).all(|pair| pair[0] == pair[1]);
    if yardstick.expected.count_unmet() > 0 {
        let unconfirmed = scan(reader, &yardstick, SubscriberState::Unconfirmed, in_flight).await?;
        tally.merge(unconfirmed.tally);
        tally.merge(meet_moved(reader, &yardstick, &account_minute(&started)).await?);
    }
    if yardstick.expected.count_unmet() > 0 {
        tally.merge(meet_alone(subject, reader, &yardstick, (known, is_steady)).await?);
    }
    Ok(tally.findings(read, to_i64(totals.len())))
}

async fn expected(
    subject: &Subject,
    comparison: &Arc<StoredComparison>,
    known: Option<Arc<KnownStates>>,
) -> Result<Expected, Failure> {
    let room = usize::try_from(subject.run.counts.selected).unwrap_or(0);
    let mut builder = ExpectedBuilder::with_room(room, rand::random());
    let mut all = SentMembers::read(subject, comparison, known);
    while let Some(members) = all.next().await? {
        for member in &members {
            builder.add(&member.address, &member.form, member.expectation);
        }
    }
    Ok(builder.finish())
}

/// All pages of one state.
struct Scan {
    tally: Tally,
    /// How many people the list had when each page was read.
    totals: Vec<i64>,
    /// Pages that were read, some of them twice.
    read: i64,
}

async fn scan(
    reader: &Reader<'_>,
    yardstick: &Yardstick,
    state: SubscriberState,
    in_flight: usize,
) -> Result<Scan, Failure> {
    let read = |number, is_retry| read(reader, yardstick, state, number, is_retry);
    let first = read(1, false).await?;
    let (mut tally, mut totals) = (first.1, vec![first.0]);
    // The list may grow meanwhile.
    while to_i64(totals.len()) < pages_of(totals.last().copied().unwrap_or_default()) {
        let end = pages_of(totals.last().copied().unwrap_or_default());
        let next = (to_i64(totals.len()) + 1)..=end;
        let mut pages = stream::iter(next).map(|number| read(number, false)).buffered(in_flight);
        while let Some((total, found)) = pages.try_next().await? {
            totals.push(total);
            tally.merge(found);
        }
    }
    let shifted: Vec<i64> = (1..)
        .zip(totals.windows(2))
        .filter(|(_, pair)| pair[0] != pair[1])
        .map(|(number, _)| number)
        .collect();
    let read_twice = to_i64(shifted.len());
    let mut retried =
        stream::iter(shifted).map(|number| read(number, true)).buffer_unordered(in_flight);
    while let Some((_, found)) = retried.try_next().await? {
        tally.merge(found);
    }
    drop(retried);
    let read = to_i64(totals.len()) + read_twice;
    Ok(Scan { tally, totals, read })
}

async fn read(
    reader: &Reader<'_>,
    yardstick: &Yardstick,
    state: SubscriberState,
    number: i64,
    is_retry: bool,
) -> Result<(i64, Tally), Failure> {
    let query = PageQuery { state, number, since: None };
    // People who have not confirmed are nobody's concern unless they are ours.
    let may_be_stranger = !is_retry && state == SubscriberState::Active;
    let found = yardstick.meet(reader.page(&query).await?, may_be_stranger).await?;
    Ok((found.total, found.tally))
}

/// Reads the members whom no page has shown, as far as they can be named. Of more than that it is only known that no
/// page of a steady list has them.
async fn meet_alone(
    subject: &Subject,
    reader: &Reader<'_>,
    yardstick: &Yardstick,
    (known, is_steady): (Option<Arc<KnownStates>>, bool),
) -> Result<Tally, Failure> {
    let (mut tally, mut room) = (Tally::default(), DIFFERENCES_MAX);
    let mut all = SentMembers::read(subject, &yardstick.comparison, known);
    while let Some(members) = all.next().await? {
        let is_sought = |member: &SentMember| {
            yardstick.expected.unmet(&member.address).is_some_and(|one| one != Expectation::Refused)
        };
        let mut sought: Vec<SentMember> = members.into_iter().filter(is_sought).collect();
        let rest = sought.split_off(sought.len().min(room));
        room -= sought.len();
        let found = read_each(reader, yardstick, sought, subject.reads_in_flight()).await?;
        tally.merge(found);
        let kind = if is_steady { DifferenceKind::Missing } else { DifferenceKind::Unknown };
        tally.count(kind, to_i64(rest.len()));
    }
    Ok(tally)
}
