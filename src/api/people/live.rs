//! What Campaign Monitor has of a person now: each list is asked once for each address. What cannot be asked, or does
//! not answer in time, is said and holds up nothing else.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use futures::{StreamExt, stream};
use serde::Serialize;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::access::{Permissions, permissions};
use crate::api::connections::account::open;
use crate::app::App;
use crate::campaign_monitor::{Disposition, Error, SubscriberState};
use crate::connections;
use crate::connections::session::AccountSession;
use crate::http::auth::{Caller, Contributor};
use crate::http::problem::Problem;
use crate::names::ConnectionId;
use crate::people::{KnownAtList, Person};

/// More calls than these are never made for one search.
const CALLS_MAX: usize = 100;
const CALLS_AT_ONCE: usize = 6;
/// All calls of a search together.
const TIME_MAX: Duration = Duration::from_secs(20);

/// What Campaign Monitor has of the person on a list now.
#[derive(Clone, Default, Serialize, ToSchema)]
pub struct LiveView {
    /// One for each address of the person.
    answers: Vec<LiveAnswerView>,
    /// Why some address, or all, could not be asked about.
    #[schema(required)]
    problem: Option<LiveProblemView>,
}

/// What the list has of an address.
#[derive(Clone, Serialize, ToSchema)]
pub struct LiveAnswerView {
    #[schema(example = "ann@example.com")]
    email: String,
    /// `null` when the list has never had the address.
    #[schema(required)]
    state: Option<SubscriberState>,
    /// The subscriber, as Campaign Monitor has it: `Date` is when the state began, in the time zone of the client.
    #[schema(required, value_type = Option<Object>)]
    stored: Option<Value>,
}

/// Why a list could not be asked.
#[derive(Clone, Serialize, ToSchema)]
pub struct LiveProblemView {
    code: LiveProblemCode,
    message: String,
}

/// Why a list could not be asked.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum LiveProblemCode {
    /// The export has no connection, or sends to this list no more.
    NoConnection,
    /// The connection is not shared with contributors.
    ConnectionNotShared,
    /// The connection is not connected, or Campaign Monitor rejects its credentials.
    ConnectionNotConnected,
    /// No address of the person is known at this list.
    NoAddress,
    /// More calls would be needed than a search makes.
    TooManyCalls,
    /// Campaign Monitor did not answer in time.
    TimedOut,
    /// Campaign Monitor is unavailable now, or asks to slow down.
    DestinationUnavailable,
    /// Campaign Monitor rejected the call.
    DestinationRefused,
}

/// A list and an address.
type Question = (String, String);
/// A connection that can be called, or why it cannot.
type Reach = Result<AccountSession, LiveProblemView>;
/// What the list has of the address, or why that is not known.
type Answer = Result<Option<Value>, LiveProblemView>;

/// Asks every list that an export sends to now. One view for each list, in their order.
pub async fn ask(
    app: &App,
    caller: &Caller<Contributor>,
    lists: &[KnownAtList],
    person: &Person,
) -> Result<Vec<LiveView>, Problem> {
    let mut reach: BTreeMap<Uuid, Reach> = BTreeMap::new();
    for id in lists.iter().filter_map(connection_of) {
        if let Entry::Vacant(vacant) = reach.entry(id.0) {
            vacant.insert(reach_of(app, caller, id).await?);
        }
    }
    let questions: BTreeSet<(Uuid, Question)> = lists
        .iter()
        .filter_map(|list| Some((connection_of(list)?.0, list)))
        .filter(|(id, _)| reach.get(id).is_some_and(Result::is_ok))
        .flat_map(|(id, list)| {
            addresses(list, person)
                .into_iter()
                .map(move |email| (id, (list.list_id.clone(), email)))
        })
        .collect();
    let deadline = Instant::now() + TIME_MAX;
    let answers: HashMap<(Uuid, Question), Answer> = stream::iter(questions)
        .take(CALLS_MAX)
        .map(|(id, question)| {
            let session = reach.get(&id).and_then(|reach| reach.as_ref().ok());
            async move {
                let answer = asked(session, &question, deadline).await;
                ((id, question), answer)
            }
        })
        .buffer_unordered(CALLS_AT_ONCE)
        .collect()
        .await;
    Ok(lists.iter().map(|list| view(list, person, &reach, &answers)).collect())
}

/// The connection over which a list is asked; `None` of one that its export sends to no more.
fn connection_of(list: &KnownAtList) -> Option<ConnectionId> {
    list.export.as_ref().filter(|_| list.is_current())?.connection_id
}

async fn reach_of(
    app: &App,
    caller: &Caller<Contributor>,
    id: ConnectionId,
) -> Result<Reach, Problem> {
    let mut tx = app.db.read().await?;
    if permissions(&mut tx, caller, Some(id)).await? != Permissions::Edit {
        let message = "The connection is not shared with contributors. Ask an administrator.";
        return Ok(Err(problem(LiveProblemCode::ConnectionNotShared, message)));
    }
    let connection = connections::store::get(&mut tx, caller.instance, id).await?;
    let unusable = || {
        let message = "The connection is not connected. Ask an administrator to complete it.";
        problem(LiveProblemCode::ConnectionNotConnected, message)
    };
    let usable = connection.filter(|connection| connection.unusable().is_none());
    let session = usable
        .ok_or_else(unusable)
        .and_then(|connection| open(app, &connection).map_err(|_| unusable()));
    Ok(session)
}

/// The addresses that a list is asked about.
fn addresses(list: &KnownAtList, person: &Person) -> BTreeSet<String> {
    let known = list.members().iter().map(|found| found.member.address.to_lowercase());
    match person {
        Person::Email(email) => known.chain([email.clone()]).collect(),
        Person::CustomerId(_) => known.collect(),
    }
}

async fn asked(
    session: Option<&AccountSession>,
    (list, email): &Question,
    deadline: Instant,
) -> Answer {
    let Some(session) = session else { return Ok(None) };
    let call = session.call(|account| async move { account.subscriber(list, email).await });
    match timeout_at(deadline, call).await {
        Ok(Ok(stored)) => Ok(Some(stored)),
        Ok(Err(error)) if error.is_unknown_subscriber() => Ok(None),
        Ok(Err(error)) => Err(failed(&error)),
        Err(_) => Err(failed(&Error::TimedOut)),
    }
}

fn failed(error: &Error) -> LiveProblemView {
    let code = match (error, error.disposition()) {
        (Error::TimedOut, _) => LiveProblemCode::TimedOut,
        (_, Disposition::Retry(_)) => LiveProblemCode::DestinationUnavailable,
        (_, Disposition::BlockConnection) => LiveProblemCode::ConnectionNotConnected,
        (_, Disposition::GiveUp) => LiveProblemCode::DestinationRefused,
    };
    problem(code, format!("Campaign Monitor did not say: {error}."))
}

fn problem(code: LiveProblemCode, message: impl Into<String>) -> LiveProblemView {
    LiveProblemView { code, message: message.into() }
}

fn view(
    list: &KnownAtList,
    person: &Person,
    reach: &BTreeMap<Uuid, Reach>,
    answers: &HashMap<(Uuid, Question), Answer>,
) -> LiveView {
    let Some(id) = connection_of(list) else {
        let message = "The export has no connection, or sends to this list no more.";
        return LiveView::without(problem(LiveProblemCode::NoConnection, message));
    };
    if let Some(Err(why)) = reach.get(&id.0) {
        return LiveView::without(why.clone());
    }
    let addresses = addresses(list, person);
    if addresses.is_empty() {
        let message = "No address of the person is known at this list.";
        return LiveView::without(problem(LiveProblemCode::NoAddress, message));
    }
    let mut view = LiveView::default();
    for email in addresses {
        match answers.get(&(id.0, (list.list_id.clone(), email.clone()))) {
            Some(Ok(stored)) => view.answers.push(LiveAnswerView::of(email, stored.clone())),
            Some(Err(why)) => view.problem = Some(why.clone()),
            None => {
                let message = format!("A search asks {CALLS_MAX} times at most.");
                view.problem = Some(problem(LiveProblemCode::TooManyCalls, message));
            }
        }
    }
    view
}

impl LiveView {
    fn without(problem: LiveProblemView) -> Self {
        Self { answers: vec![], problem: Some(problem) }
    }
}

impl LiveAnswerView {
    fn of(email: String, stored: Option<Value>) -> Self {
        let state = stored.as_ref().and_then(|stored| stored.get("State"));
        let state = state.and_then(|state| serde_json::from_value(state.clone()).ok());
        Self { email, state, stored }
    }
}
