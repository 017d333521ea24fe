//! What the answers to a batch say about its members, for the baseline of the export.
//!
//! Nobody counts as acknowledged without an answer. Whose record was rejected for a mistake in it is left as before:
//! the list still has the record that it had.

use std::collections::{BTreeMap, HashMap};

use super::joined::Joined;
use crate::baselines::{ListMember, MemberOrigin, MemberState};
use crate::campaign_monitor::address;
use crate::names::RunId;
use crate::records::columns::{CUSTOMER_ID_COLUMN, Columns, EMAIL_COLUMN};
use crate::records::encoded::EncodedBatch;
use crate::records::hasher::RecordHashes;
use crate::records::integers::to_i64;
use crate::records::rejection::refused_state;
use crate::runs::{Rejection, RejectionOutcome};

/// What is known of the records of a batch.
pub struct Answers<'a> {
    /// How many of those whom the baseline does not know were not on the list before; `None` where the answers prove
    /// that not, or only of a call with others.
    pub created: Option<i64>,
    /// Positions in the page of those whom a call brought back to the list.
    pub returned: &'a [usize],
    /// Those that are rejected, or in doubt.
    pub rejections: &'a [Rejection],
    /// Positions in the page of those that were surely not sent.
    pub unsent: &'a [usize],
    /// Who joined the list since the run began, where that is known.
    pub joined: Option<&'a Joined>,
    /// Rows whose address was changed, with the members that they were.
    pub changed: &'a BTreeMap<usize, ListMember>,
}

/// The members of a batch about whom the answers say something.
pub struct Members {
    pub all: Vec<ListMember>,
    /// Whether this run put some of them on the list, and it is unknown whom.
    pub is_mixed: bool,
}

/// Finds those members, with the states and origins that the answers prove.
pub fn members(batch: &EncodedBatch, answers: &Answers<'_>, run: RunId) -> Members {
    let (columns, states) = (Columns::of(&batch.page), states(batch, answers));
    let origins = Origins::of(batch, answers, &states);
    let records = batch.records.iter().zip(&batch.hashes);
    let member = |(row, hashes): (&usize, &RecordHashes)| {
        let RecordHashes { content, record, .. } = *hashes;
        let state = states.get(row).copied()??;
        let address = sent_address(&columns, *row);
        Some(ListMember {
            customer_id: columns.written(CUSTOMER_ID_COLUMN, *row).unwrap_or_default().to_owned(),
            content,
            record,
            state,
            origin: match state {
                _ if answers.changed.contains_key(row) => answers.changed[row].origin,
                MemberState::OnList if answers.returned.contains(row) => MemberOrigin::Ours,
                MemberState::OnList if hashes.is_still_ours => MemberOrigin::Ours,
                // Who put them there is known already, or never will be.
                MemberState::OnList if !hashes.is_newcomer() => MemberOrigin::Unknown,
                MemberState::OnList => origins.find(&address),
                other => other_origin(other),
            },
            address,
            run,
        })
    };
    let old = answers.changed.values().cloned();
    let old = old.map(|member| ListMember { state: MemberState::Moved, run, ..member });
    let all = records.filter_map(member).chain(batch.rehashed.iter().cloned()).chain(old);
    Members { all: all.collect(), is_mixed: matches!(origins, Origins::Mixed) }
}

/// The address to which a record was sent. One with a mistake was sent without it.
pub fn sent_address(columns: &Columns<'_>, row: usize) -> String {
    let text = columns.get(EMAIL_COLUMN, row).unwrap_or_default();
    let repaired = address::check(text).is_err().then(|| address::repaired(text)).flatten();
    repaired.unwrap_or_else(|| address::sent(text).into_owned())
}

/// By the rows of a page.
type States = HashMap<usize, Option<MemberState>>;

/// The state of each record; `None` for those about which nothing is known but what was known before.
fn states(batch: &EncodedBatch, answers: &Answers<'_>) -> States {
    // A rejection that names no record may mean any of them.
    let is_unnamed = |one: &Rejection| one.customer_id.is_empty();
    let is_certain = !answers.rejections.iter().any(is_unnamed);
    let usual = if is_certain { MemberState::OnList } else { MemberState::InDoubt };
    let mut states: HashMap<_, _> = batch.records.iter().map(|row| (*row, Some(usual))).collect();
    for rejection in answers.rejections {
        let Some(row) = batch.positions.row(rejection.position) else { continue };
        let state = match rejection.outcome {
            RejectionOutcome::InDoubt => Some(MemberState::InDoubt),
            _ => refused_state(&rejection.code),
        };
        states.insert(row, if is_unnamed(rejection) { Some(usual) } else { state });
    }
    states.extend(answers.unsent.iter().map(|row| (*row, None)));
    states
}

/// Who put those on the list whom the baseline does not know.
enum Origins<'a> {
    /// The same for all of them.
    All(MemberOrigin),
    /// This run those who joined since it began, others the rest.
    ByDate(&'a Joined),
    /// This run some of them.
    Mixed,
}

impl<'a> Origins<'a> {
    fn of(batch: &EncodedBatch, answers: &Answers<'a>, states: &States) -> Self {
        let (columns, newcomers) = (Columns::of(&batch.page), newcomers(batch, answers, states));
        let are_as_many = |joined: &&Joined, created| {
            let has_joined = |row: &&usize| joined.has(&sent_address(&columns, **row));
            to_i64(newcomers.iter().filter(has_joined).count()) == created
        };
        match answers.created {
            Some(0) => Self::All(MemberOrigin::Stranger),
            Some(created) if created == to_i64(newcomers.len()) => Self::All(MemberOrigin::Ours),
            Some(created) => answers
                .joined
                .filter(|joined| are_as_many(joined, created))
                .map_or(Self::Mixed, Self::ByDate),
            None => Self::All(MemberOrigin::Unknown),
        }
    }

    fn find(&self, address: &str) -> MemberOrigin {
        match self {
            Self::All(origin) => *origin,
            Self::ByDate(joined) if joined.has(address) => MemberOrigin::Ours,
            Self::ByDate(_) => MemberOrigin::Stranger,
            Self::Mixed => MemberOrigin::Unknown,
        }
    }
}

/// The rows of those who are on the list and whom the baseline does not know.
fn newcomers(batch: &EncodedBatch, answers: &Answers<'_>, states: &States) -> Vec<usize> {
    let records = batch.records.iter().zip(&batch.hashes);
    let is_newcomer = |(row, hashes): &(&usize, &RecordHashes)| {
        let is_on_list = states.get(*row) == Some(&Some(MemberState::OnList));
        is_on_list && hashes.is_newcomer() && !answers.changed.contains_key(*row)
    };
    records.filter(is_newcomer).map(|(row, _)| *row).collect()
}

/// Somebody whom the list refuses by a state was there before.
const fn other_origin(state: MemberState) -> MemberOrigin {
    match state {
        MemberState::InDoubt => MemberOrigin::Unknown,
        _ => MemberOrigin::Stranger,
    }
}
