//! Members whom no page has shown: each is read by itself.

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::failure::Failure;
use super::members::SentMember;
use super::pages::Yardstick;
use super::reader::Reader;
use crate::campaign_monitor::{SubscriberRow, SubscriberState};
use crate::verifications::{DifferenceKind, Expectation, ListDifference, Tally};

/// Reads these members, several at a time.
pub async fn read_each(
    reader: &Reader<'_>,
    yardstick: &Yardstick,
    members: Vec<SentMember>,
    in_flight: usize,
) -> Result<Tally, Failure> {
    let reads = stream::iter(members).map(|member| read_one(reader, yardstick, member));
    let (mut reads, mut tally) = (reads.buffer_unordered(in_flight), Tally::default());
    while let Some(one) = reads.try_next().await? {
        tally.merge(one);
    }
    Ok(tally)
}

async fn read_one(
    reader: &Reader<'_>,
    yardstick: &Yardstick,
    member: SentMember,
) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let found = reader.subscriber(&member.address).await?;
    let text = found.as_ref().map(Value::to_string).unwrap_or_default();
    let row: Option<SubscriberRow<'_>> = serde_json::from_str(&text).ok();
    match row {
        Some(row) if is_there(&row) => yardstick.meet_one(&row, false, &mut tally),
        row => tally.add(absent(member, row.map(|row| row.state.word().to_owned()))),
    }
    Ok(tally)
}

/// Whether somebody gets mail, or will once they confirm.
const fn is_there(row: &SubscriberRow<'_>) -> bool {
    matches!(row.state, SubscriberState::Active | SubscriberState::Unconfirmed)
}

/// Nobody knows whether somebody in doubt was ever there.
pub fn absent(member: SentMember, state: Option<String>) -> ListDifference {
    let kind = match member.expectation {
        Expectation::InDoubt => DifferenceKind::Unknown,
        Expectation::OnList | Expectation::Refused => DifferenceKind::Missing,
    };
    ListDifference { kind, email: member.address, customer_id: Some(member.customer_id), state }
}
