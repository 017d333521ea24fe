//! What is known of a person, as callers see it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::live::LiveView;
use crate::baselines::{FoundMember, MemberOrigin, MemberState};
use crate::campaign_monitor::ProblemCode;
use crate::names::{ConnectionId, ExportId, RunId};
use crate::params::Params;
use crate::people::{
    FoundPerson, KnownAtList, KnownMembers, PersonProblem, PersonRejection, Standing,
};
use crate::records::rejection::{RejectionCode, listed};
use crate::runs::{RejectionOutcome, Run, RunStatus, value_params};

/// What is known of a person.
#[derive(Serialize, ToSchema)]
pub struct PersonView {
    /// One for each list of each export, in the order of exports.
    exports: Vec<PersonAtListView>,
}

/// What a list is to the export.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ListUse {
    /// The export sends to it.
    Current,
    /// The export sent to it before.
    Former,
    /// Nothing but its runs is left of the export.
    ExportRemoved,
}

/// What is known of a person at one list of one export.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonAtListView {
    export_id: ExportId,
    #[schema(example = "High value to newsletter")]
    export_name: String,
    /// `null` of an export without a connection, or that was removed.
    #[schema(required)]
    connection_id: Option<ConnectionId>,
    #[schema(example = "a58ee1d3039b8bec838e6d1482a8a965")]
    list_id: String,
    list_use: ListUse,
    standing: Standing,
    /// The addresses of the person that the list last received from the export; more than one where it changed.
    addresses: Vec<KnownAddressView>,
    /// The newest profiles of the person that runs did not put on the list, at most 10, as long as they are kept.
    rejections: Vec<PersonRejectionView>,
    /// The newest values of the person that runs could not send as they are, at most 10, as long as they are kept.
    value_problems: Vec<PersonProblemView>,
    /// The last run that began and has ended; `null` when there is none, or it is not kept any more.
    #[schema(required)]
    last_run: Option<PersonRunView>,
    /// The run that is open now: what is known may change with it.
    #[schema(required)]
    open_run_id: Option<RunId>,
    /// Whether every member had to be read, because an older version of this service wrote what is known: such a search
    /// takes longer, until the next run writes it again.
    is_scanned: bool,
    /// What Campaign Monitor has now; absent unless you asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<LiveView>,
}

/// A run that found something out.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingRunView {
    run_id: RunId,
    /// `null` while it is open, and when it is not kept any more.
    #[schema(required)]
    end_utc: Option<DateTime<Utc>>,
}

/// An address of the person, as the list last received it from the export.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KnownAddressView {
    /// As it was sent.
    #[schema(example = "ann@example.com")]
    email: String,
    /// Of the profile that was sent.
    #[schema(example = "1001")]
    customer_id: String,
    state: MemberState,
    origin: MemberOrigin,
    /// The run since which the state is so, or the first one that is known to have found it so.
    since: FindingRunView,
    /// The last run with an answer about the person.
    last_answer: FindingRunView,
    /// `null` of people who are on the list, or were never there.
    #[schema(required)]
    left: Option<LeftView>,
}

/// How a person left the list, or the export let go of them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftView {
    how: MemberState,
    /// Whether this service did it. Else the person did, or somebody at Campaign Monitor.
    by_us: bool,
    /// The run that did it, or the first one that found it.
    run: FindingRunView,
}

/// A profile of the person that a run did not put on the list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonRejectionView {
    run_id: RunId,
    #[schema(required)]
    end_utc: Option<DateTime<Utc>>,
    /// Row of the profile in the run, from 0.
    position: i64,
    #[schema(example = "1004")]
    customer_id: String,
    #[schema(example = "jonas.weiss@example.com")]
    email: String,
    outcome: RejectionOutcome,
    /// As the rejections of a run have it.
    #[schema(value_type = RejectionCode)]
    code: String,
    message: String,
    /// The values that the message names, for a front end that says it in its own words; none of the person.
    #[serde(skip_serializing_if = "Params::is_empty")]
    #[schema(value_type = Object, required = false, example = json!({"field": "Consent"}))]
    params: Params,
    /// Of a duplicate: the `CustomerId` of the profile that was sent.
    #[schema(required)]
    winner: Option<String>,
}

/// A value of the person that a run could not send as it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonProblemView {
    run_id: RunId,
    #[schema(required)]
    end_utc: Option<DateTime<Utc>>,
    /// The field of the profile.
    #[schema(example = "Born")]
    field: String,
    /// Key of the custom field on the list, or the name of another part of a subscriber.
    #[schema(example = "birthday")]
    key: String,
    code: ProblemCode,
    /// What a sentence about it names, for a front end that says it in its own words; never the value.
    #[schema(value_type = Object, example = json!({"field": "Born", "key": "birthday"}))]
    params: Params,
    /// The first 100 characters of the value.
    value: String,
    /// What was sent instead; `null` when nothing was.
    #[schema(required)]
    sent: Option<String>,
}

/// A run that has ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonRunView {
    run_id: RunId,
    status: RunStatus,
    #[schema(required)]
    start_utc: Option<DateTime<Utc>>,
    #[schema(required)]
    end_utc: Option<DateTime<Utc>>,
}

impl PersonView {
    /// `live` has one answer for each list, in the same order.
    pub fn of(found: FoundPerson, live: Option<Vec<LiveView>>) -> Self {
        let FoundPerson { lists, ends } = found;
        let mut live = live.into_iter().flatten();
        let view = |list| PersonAtListView::of(list, &ends, live.next());
        Self { exports: lists.into_iter().map(view).collect() }
    }
}

impl PersonAtListView {
    fn of(list: KnownAtList, ends: &HashMap<RunId, DateTime<Utc>>, live: Option<LiveView>) -> Self {
        let list_use = match &list.export {
            None => ListUse::ExportRemoved,
            Some(_) if list.is_current() => ListUse::Current,
            Some(_) => ListUse::Former,
        };
        let address = |found: &FoundMember| KnownAddressView::of(found, ends);
        Self {
            export_id: list.export_id,
            standing: list.standing(),
            addresses: list.members().iter().map(address).collect(),
            connection_id: list.export.as_ref().and_then(|export| export.connection_id),
            list_use,
            is_scanned: matches!(list.members, KnownMembers::Found { is_scanned: true, .. }),
            export_name: list.export_name,
            list_id: list.list_id,
            rejections: list.rejections.into_iter().map(PersonRejectionView::from).collect(),
            value_problems: list.problems.into_iter().map(PersonProblemView::from).collect(),
            last_run: list.last_run.as_ref().map(PersonRunView::from),
            open_run_id: list.open_run,
            live,
        }
    }
}

impl KnownAddressView {
    fn of(found: &FoundMember, ends: &HashMap<RunId, DateTime<Utc>>) -> Self {
        let run = |run_id: RunId| FindingRunView { run_id, end_utc: ends.get(&run_id).copied() };
        let member = &found.member;
        let (how, has_left) = (member.state, member.state.has_left() || member.state.is_let_go());
        let left = LeftView { how, by_us: how.is_let_go(), run: run(found.since) };
        Self {
            email: member.address.clone(),
            customer_id: member.customer_id.clone(),
            state: member.state,
            origin: member.origin,
            since: run(found.since),
            last_answer: run(member.run),
            left: has_left.then_some(left),
        }
    }
}

impl From<PersonRejection> for PersonRejectionView {
    fn from(one: PersonRejection) -> Self {
        let (code, params) = listed(one.code, one.params);
        Self {
            run_id: one.run_id,
            end_utc: one.end_utc,
            position: one.position,
            customer_id: one.customer_id,
            email: one.email,
            outcome: one.outcome,
            code,
            message: one.message,
            params,
            winner: one.winner,
        }
    }
}

impl From<PersonProblem> for PersonProblemView {
    fn from(one: PersonProblem) -> Self {
        Self {
            run_id: one.run_id,
            end_utc: one.end_utc,
            params: value_params(one.code, &one.field, &one.key),
            field: one.field,
            key: one.key,
            code: one.code,
            value: one.value,
            sent: one.sent,
        }
    }
}

impl From<&Run> for PersonRunView {
    fn from(run: &Run) -> Self {
        Self {
            run_id: run.id,
            status: run.shown_status(),
            start_utc: run.start_utc,
            end_utc: run.end_utc,
        }
    }
}
