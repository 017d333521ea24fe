//! Keeps people from being sent as a test who said no: to any export of the instance to the list, or since its last
//! run.

use std::collections::BTreeMap;

use super::preview::no_plan;
use super::ready::Ready;
use super::test_member::Record;
use crate::api::connections::account::{open, problem};
use crate::api::segments::unreadable::read_problem;
use crate::app::App;
use crate::baselines::{self, Baseline, Error, FoundMember, MemberState, SaidNo, no_hash};
use crate::campaign_monitor::SubscriberState;
use crate::connections::session::AccountSession;
use crate::http::problem::{Problem, ProblemKind};
use crate::records::other_exports;

/// Addresses of a `CustomerId` that the list is asked for. An id with more of them names no person.
const ADDRESSES_MAX: usize = 20;
const UNDER_ANOTHER: &str = "A run would not send this member: the person with this CustomerId unsubscribed, was \
    deleted or is suppressed under another address.";
const BEFORE: &str = "A run would not send this member: the person said no to an earlier one, and the list does not \
    know that any more.";

/// Whom a run would not send because of a no is not sent as a test either.
pub(super) async fn check_nothing_refused(
    app: &App,
    ready: &Ready,
    record: &Record,
) -> Result<(), Problem> {
    let (export, address) = (&ready.export, record.email.to_lowercase());
    let instance = (export.instance_id, None);
    let said_no = other_exports::said_no(app, instance, &export.list_id, SaidNo::default());
    let said_no = said_no.await.map_err(no_plan)?;
    if said_no.has_at_another(&record.customer_id, &address) {
        return Err(refused(UNDER_ANOTHER));
    }
    let known = known(app, ready, record).await?;
    let session = open(app, &ready.connection)?;
    let list = export.list_id.as_str();
    if known.said_no && state(&session, list, &address).await?.is_none() {
        return Err(refused(BEFORE));
    }
    if known.others.len() > ADDRESSES_MAX {
        return Ok(());
    }
    for (other, is_deleted_by_us) in known.others {
        match state(&session, list, &other).await? {
            Some(SubscriberState::Unsubscribed) => return Err(refused(UNDER_ANOTHER)),
            Some(SubscriberState::Deleted) if !is_deleted_by_us => {
                return Err(refused(UNDER_ANOTHER));
            }
            _ => {}
        }
    }
    Ok(())
}

fn refused(message: &str) -> Problem {
    Problem::unprocessable("", "refusedBefore", message)
}

async fn state(
    session: &AccountSession,
    list: &str,
    email: &str,
) -> Result<Option<SubscriberState>, Problem> {
    let found =
        session.call(|account| async move { account.subscriber_state(list, email).await }).await;
    found.map_err(|error| problem(&error))
}

/// What exports to the list know of the person.
#[derive(Default)]
struct KnownPerson {
    /// Whether there is a no at the address of the record.
    said_no: bool,
    /// Other addresses that the list has received for the `CustomerId`, each with whether this service deleted them.
    others: BTreeMap<String, bool>,
}

impl KnownPerson {
    fn add(&mut self, found: Vec<FoundMember>, address: u64) {
        for FoundMember { member, .. } in found {
            if no_hash(&member.address) == address {
                self.said_no |= member.state.is_no();
            } else if !member.state.is_unused() {
                let is_ours = member.state == MemberState::DeletedByUs;
                *self.others.entry(member.address.to_lowercase()).or_default() |= is_ours;
            }
        }
    }
}

async fn known(app: &App, ready: &Ready, record: &Record) -> Result<KnownPerson, Problem> {
    let export = &ready.export;
    let mut db = app.db.read().await?;
    let stored = baselines::store::of_list(&mut db, export.list_id.as_str()).await?;
    drop(db);
    let mut known = KnownPerson::default();
    let address = no_hash(&record.email);
    for baseline in stored.iter().filter(|other| other.instance_id == export.instance_id) {
        let found = members(app, baseline, record).await;
        known.add(found.map_err(|error| unknown(&error))?, address);
    }
    Ok(known)
}

/// The members with the address or the `CustomerId` of the record.
async fn members(
    app: &App,
    baseline: &Baseline,
    record: &Record,
) -> Result<Vec<FoundMember>, Error> {
    let address = std::slice::from_ref(&record.email);
    let mut found = baselines::find_addresses(&app.storage, baseline, address).await?;
    if !record.customer_id.is_empty() {
        let by_id = baselines::find_customer(&app.storage, baseline, &record.customer_id).await?;
        found.extend(by_id.members);
    }
    Ok(found)
}

fn unknown(error: &Error) -> Problem {
    match error {
        Error::Storage(error) => read_problem(error),
        Error::Damaged { .. } => {
            let detail =
                format!("It is unknown who said no: {error}. Run the export that sent it.");
            Problem::new(ProblemKind::Unprocessable, detail)
        }
    }
}
