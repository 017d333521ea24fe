//! Compares some pages of the list, drawn at random: who of ours belongs on them must be there.
//!
//! A page shows a thousand people from one address to another. Who of ours lies between them and is not on the page is
//! read alone, so nothing depends on the alphabet that Campaign Monitor sorts by.

use std::collections::HashSet;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use rand::seq::index;

use super::counts::pages_of;
use super::failure::Failure;
use super::known::KnownStates;
use super::members::{SentMember, SentMembers};
use super::pages::Yardstick;
use super::reader::Reader;
use super::subject::Subject;
use super::unmet::read_each;
use crate::campaign_monitor::{PageQuery, PageText, StoredComparison, SubscriberState};
use crate::records::integers::to_i64;
use crate::verifications::{
    DIFFERENCES_MAX, DifferenceKind, Expectation, Expected, ExpectedBuilder, Findings, Tally,
    missing_at_most,
};

pub async fn check(
    subject: &Subject,
    reader: &Reader<'_>,
    pages: i64,
) -> Result<Findings, Failure> {
    let all = pages_of(reader.count(SubscriberState::Active, None).await?);
    let numbers = draw(pages, all);
    let drawn = read(reader, numbers, all, subject).await?;
    let comparison = Arc::new(StoredComparison::of(&subject.fields));
    let known = KnownStates::of(subject).await?;
    let Near { members, expected, rest } =
        near(subject, &comparison, known.clone(), &drawn).await?;
    let (expected, list) = (Arc::new(expected), subject.list().to_owned());
    let yardstick = Yardstick { expected, comparison, known, list };
    let (mut tally, read) = (Tally::default(), to_i64(drawn.len()));
    for page in drawn {
        tally.merge(yardstick.meet(page.text, true).await?.tally);
    }
    let is_sought = |member: &SentMember| {
        yardstick.expected.unmet(&member.address).is_some_and(|one| one != Expectation::Refused)
    };
    let sought = members.into_iter().filter(is_sought).collect();
    tally.merge(read_each(reader, &yardstick, sought, subject.reads_in_flight()).await?);
    tally.count(DifferenceKind::Unknown, rest);
    let mut found = tally.findings(read, all);
    found.bound = found.missing.map(|missing| missing_at_most(read, all, missing));
    Ok(found)
}

/// Different pages, from 1.
fn draw(pages: i64, all: i64) -> Vec<i64> {
    let [pages, all] = [pages.min(all), all].map(|number| usize::try_from(number).unwrap_or(1));
    index::sample(&mut rand::rng(), all, pages).iter().map(|page| to_i64(page) + 1).collect()
}

/// A page, and the addresses that it spans.
struct Drawn {
    text: PageText,
    /// Of everybody on it, in lower case.
    addresses: HashSet<String>,
    /// The first page begins before every address.
    from: Option<String>,
    /// The last one ends after every address.
    to: Option<String>,
}

async fn read(
    reader: &Reader<'_>,
    numbers: Vec<i64>,
    all: i64,
    subject: &Subject,
) -> Result<Vec<Drawn>, Failure> {
    let read = |number| async move {
        let query = PageQuery { state: SubscriberState::Active, number, since: None };
        let text = reader.page(&query).await?;
        Drawn::of(text, number, all, subject.list())
    };
    stream::iter(numbers).map(read).buffer_unordered(subject.reads_in_flight()).try_collect().await
}

impl Drawn {
    fn of(text: PageText, number: i64, all: i64, list: &str) -> Result<Self, Failure> {
        let page = text.parse().map_err(|error| Failure::of(&error, list))?;
        let lower: Vec<String> = page
            .results
            .iter()
            .map(|row| row.email_address.as_str().to_ascii_lowercase())
            .collect();
        let from = lower.first().filter(|_| number > 1).cloned();
        let to = lower.last().filter(|_| number < all).cloned();
        Ok(Self { text, addresses: lower.into_iter().collect(), from, to })
    }

    fn spans(&self, address: &str) -> bool {
        let is_after = self.from.as_deref().is_none_or(|from| address >= from);
        let is_before = self.to.as_deref().is_none_or(|to| address <= to);
        (is_after && is_before) || self.addresses.contains(address)
    }
}

/// The members who belong on the pages.
struct Near {
    members: Vec<SentMember>,
    expected: Expected,
    /// How many there are beyond those that can be looked for.
    rest: i64,
}

async fn near(
    subject: &Subject,
    comparison: &Arc<StoredComparison>,
    known: Option<Arc<KnownStates>>,
    drawn: &[Drawn],
) -> Result<Near, Failure> {
    let room = DIFFERENCES_MAX + drawn.iter().map(|page| page.addresses.len()).sum::<usize>();
    let (mut near, mut rest) = (Vec::new(), 0);
    let mut builder = ExpectedBuilder::with_room(0, rand::random());
    let known = known.filter(|_| KnownStates::decides(&subject.run));
    let mut all = SentMembers::read(subject, comparison, known);
    while let Some(members) = all.next().await? {
        for member in members {
            let address = member.address.to_ascii_lowercase();
            if !drawn.iter().any(|page| page.spans(&address)) {
                continue;
            }
            if near.len() >= room {
                rest += 1;
                continue;
            }
            builder.add(&member.address, &member.form, member.expectation);
            near.push(member);
        }
    }
    Ok(Near { members: near, expected: builder.finish(), rest })
}
