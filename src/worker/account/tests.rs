//! What becomes of each record of a batch, by the answers.

use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, RecordBatch, StringArray};

use super::*;
use crate::baselines::{MemberOrigin, MemberState};
use crate::campaign_monitor::ImportFailure;
use crate::records::hasher::RecordHashes;
use crate::records::positions::Positions;

const fn hashes(content: u64) -> RecordHashes {
    RecordHashes {
        content,
        record: content + 100,
        is_known: false,
        has_left: false,
        is_held_back: false,
        is_still_ours: false,
        left_as: None,
        left_by: None,
    }
}

/// A batch of these addresses, all of which have been sent.
fn batch(addresses: &[&str]) -> EncodedBatch {
    let ids = (0..addresses.len()).map(|row| Some(row.to_string()));
    let columns: [(&str, ArrayRef); 2] = [
        ("CustomerId", Arc::new(ids.collect::<StringArray>())),
        ("Email", Arc::new(StringArray::from(addresses.to_vec()))),
    ];
    EncodedBatch {
        number: 2,
        first_row: 1000,
        end: 1000 + to_i64(addresses.len()),
        page: RecordBatch::try_from_iter(columns).unwrap(),
        positions: Positions::From(1000),
        records: (0..addresses.len()).collect(),
        hashes: (0..).map(hashes).take(addresses.len()).collect(),
        unchanged: 0,
        rehashed: vec![],
        refused: vec![],
        body: bytes::Bytes::new(),
        body_hash: None,
        problems: vec![],
        field_warnings: FieldWarnings::default(),
        encoding: Duration::ZERO,
    }
}

fn answered(batch: EncodedBatch, refused: &[&str], unanswered: Option<Unanswered>) -> Done {
    let refused = refused.iter().map(|address| {
        let (email_address, message) = ((*address).to_owned(), String::new());
        let failure = ImportFailure { email_address, code: 206, message };
        RefusedRecord { failure, may_repeat: false }
    });
    let refused: Vec<_> = refused.collect();
    let unknown = unanswered.as_ref().map_or(0, |rest| rest.in_doubt.len() + rest.unsent.len());
    let created = to_i64(batch.records.len() - refused.len() - unknown);
    let run = RunId(uuid::Uuid::nil());
    let newcomers_created = Some(created);
    account(
        Uploaded { created, newcomers_created, refused, unanswered, ..Uploaded::unknown(batch) },
        run,
    )
}

fn named(done: &Done) -> Vec<(i64, &str, &str)> {
    done.rejections
        .iter()
        .map(|one| (one.position, one.customer_id.as_str(), one.email.as_str()))
        .collect()
}

#[test]
fn a_refused_record_is_found_by_its_address_in_any_case_and_with_blanks_around_it() {
    let done =
        answered(batch(&["ann@example.com", "Bob@example.com"]), &[" BOB@example.com "], None);
    assert_eq!(named(&done), [(1001, "1", "Bob@example.com")]);
    assert_eq!((done.counts.created, done.counts.rejected), (1, 1));
}

#[test]
fn every_refusal_counts_also_of_an_address_that_was_not_sent_in_that_form() {
    let sent = ["ann@example.com", "bob@example.com", "eve@example.com"];
    let done = answered(batch(&sent), &["\"bob\"@example.com", "ann@example.com"], None);
    assert_eq!(done.counts.accounted(), 3, "{:?}", done.counts);
    assert_eq!((done.counts.created, done.counts.rejected), (1, 2));
    assert_eq!(named(&done), [(1000, "0", "ann@example.com"), (1001, "", "\"bob\"@example.com")]);
    assert!(done.rejections[1].message.contains("not sent in this form"));
}

#[test]
fn a_refusal_without_a_match_never_takes_the_place_of_a_record_that_has_no_answer() {
    let rest = Unanswered { error: None, in_doubt: vec![0], unsent: vec![1] };
    let sent = ["ann@example.com", "bob@example.com", "eve@example.com"];
    let done = answered(batch(&sent), &["nobody@example.com"], Some(rest));
    assert_eq!(named(&done), [(1002, "", "nobody@example.com"), (1000, "0", "ann@example.com")]);
    assert_eq!((done.counts.rejected, done.counts.in_doubt), (1, 1));
}

/// Content, state and origin of the members.
fn known(done: &Done) -> Vec<(u64, MemberState, MemberOrigin)> {
    done.members.iter().map(|member| (member.content, member.state, member.origin)).collect()
}

#[test]
fn nobody_counts_as_acknowledged_without_an_answer_or_whose_record_was_rejected() {
    use MemberOrigin::{Ours, Stranger, Unknown};
    use MemberState::{InDoubt, OnList, Unsubscribed};
    let sent = ["ann@example.com", "bob@example.com", "eve@example.com"];
    let all = answered(batch(&sent), &[], None);
    assert_eq!(known(&all), [0, 1, 2].map(|content| (content, OnList, Ours)));

    let rest = Unanswered { error: None, in_doubt: vec![0], unsent: vec![1] };
    let some = answered(batch(&sent), &["eve@example.com"], Some(rest));
    assert_eq!(known(&some), [(0, InDoubt, Unknown), (2, Unsubscribed, Stranger)]);

    let unnamed = answered(batch(&sent), &["nobody@example.com"], None);
    assert_eq!(known(&unnamed), [0, 1, 2].map(|content| (content, InDoubt, Unknown)));
}

#[test]
fn who_put_somebody_on_the_list_is_known_when_all_or_none_of_the_newcomers_are_new_there() {
    let origin = |newcomers_created, is_proof| {
        let batch = batch(&["ann@example.com", "bob@example.com"]);
        let uploaded = Uploaded { newcomers_created, is_proof, ..Uploaded::unknown(batch) };
        known(&account(uploaded, RunId(uuid::Uuid::nil())))[0].2
    };
    assert_eq!(origin(Some(2), true), MemberOrigin::Ours);
    assert_eq!(origin(Some(1), true), MemberOrigin::Unknown);
    assert_eq!(origin(Some(0), true), MemberOrigin::Stranger);
    assert_eq!(origin(Some(0), false), MemberOrigin::Unknown, "an earlier call may have landed");
    assert_eq!(origin(None, true), MemberOrigin::Unknown, "they were sent with others");
}

#[test]
fn a_batch_is_untouched_only_when_surely_nothing_of_it_is_on_the_list() {
    let sent = ["ann@example.com", "bob@example.com"];
    let rest = |in_doubt: &[usize], unsent: &[usize]| {
        Some(Unanswered { error: None, in_doubt: in_doubt.into(), unsent: unsent.into() })
    };
    assert!(answered(batch(&sent), &[], rest(&[], &[0, 1])).is_untouched());
    assert!(!answered(batch(&sent), &[], rest(&[0, 1], &[])).is_untouched());
    assert!(!answered(batch(&sent), &[], rest(&[], &[1])).is_untouched(), "one is created");
    assert!(!answered(batch(&sent), &[], None).is_untouched(), "both are created");
}
