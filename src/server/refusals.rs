//! Writes rejected calls to the audit, whatever rejected them.
//!
//! Of a caller who is known and has access to the instance: a call that wanted to change something or to read personal
//! data, and any other that its role does not allow. Calls of nobody with access go to `strangers`. Nothing of a body
//! is stored. An answer never fails because of the audit, and a flood of rejected calls leaves a bounded number of
//! events: those of a caller above the limit of a minute are only counted.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::HttpMessage;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web::Data;
use metrics::counter;
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use super::strangers::Strangers;
use crate::app::App;
use crate::audit::{self, Action, Actor, Author, Change, NO_INSTANCE, RefusedCall};
use crate::http::auth::{NotLetIn, bearer};
use crate::http::problem::Problem;
use crate::http::{address, origin};
use crate::identity::claimed_subject;
use crate::telemetry::measures::{AUDIT_EVENTS, AUDIT_OMITTED, AuditKind};

const WINDOW: Duration = Duration::from_mins(1);
/// Longer than any id or name of ours.
const OBJECT_CHARS_MAX: usize = 100;

/// Records the call if it was rejected.
pub async fn record(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let response = next.call(request).await?;
    if response.status().is_client_error() {
        note_stranger(&response);
        if let Some((author, action, refusal)) = refusal(&response)
            && let Some(app) = response.request().app_data::<Data<App>>()
            && let Some(refusals) = response.request().app_data::<Data<Refusals>>()
        {
            write(app, refusals, author, action, object(&response, action), refusal).await;
        }
    }
    Ok(response)
}

/// Notes a call of nobody with access. What its token claims is read only when there is room for it.
fn note_stranger<B>(response: &ServiceResponse<B>) -> Option<()> {
    let request = response.request();
    let reason = request.extensions().get::<NotLetIn>().cloned()?;
    let (app, strangers) =
        (request.app_data::<Data<App>>()?, request.app_data::<Data<Strangers>>()?);
    let problem = response.response().error()?.as_error::<Problem>()?;
    let origin = origin::of(request, app.config.forwarded_hops);
    let (kind, action) = match reason {
        NotLetIn::Token => (AuditKind::SignInFailed, Action::SignInFail),
        NotLetIn::Role | NotLetIn::Instance(_) => (AuditKind::CallRefused, Action::CallRefuse),
    };
    let address = origin.client_address.clone();
    let claimed = || bearer(request).and_then(claimed_subject);
    let event = || {
        let actor = match &reason {
            NotLetIn::Token => Actor::stranger(claimed(), false),
            NotLetIn::Role => Actor::stranger(claimed(), true),
            NotLetIn::Instance(identity) => Actor::user(identity),
        };
        let instance = request.match_info().get("instanceId");
        let instance = instance.and_then(|id| id.parse::<Uuid>().ok());
        let what = json!({"instance": instance, "reason": problem.to_string()});
        let author = Author { instance: NO_INSTANCE, actor, origin };
        audit::refused(
            &author,
            action,
            Change::call(call(response), &what),
            refused(response, problem),
        )
    };
    if strangers.note(kind, address.as_deref(), event) {
        tracing::info!(kind = kind.word(), code = problem.code(), reason = %problem, "a call was refused at the door");
    }
    Some(())
}

/// The method, and the route as the document writes it.
fn call<B>(response: &ServiceResponse<B>) -> String {
    let pattern = response.request().match_pattern().unwrap_or_default();
    let route = pattern.strip_prefix(address::INSTANCE).unwrap_or(&pattern);
    format!("{} {route}", response.request().method())
}

fn refused<B>(response: &ServiceResponse<B>, problem: &Problem) -> RefusedCall {
    let status = i32::from(response.status().as_u16());
    RefusedCall { status, error_code: problem.code().into(), more_left_out: false }
}

/// Who was rejected, for which action and why.
fn refusal<B>(response: &ServiceResponse<B>) -> Option<(Author, Action, RefusedCall)> {
    let request = response.request();
    let author = request.extensions().get::<Author>().cloned()?;
    let problem = response.response().error()?.as_error::<Problem>()?;
    let pattern = request.match_pattern()?;
    let is_forbidden = response.status() == StatusCode::FORBIDDEN;
    if is_forbidden {
        let (kind, code) = (AuditKind::CallRefused.word(), problem.code());
        counter!(AUDIT_EVENTS, "kind" => kind).increment(1);
        tracing::info!(kind, code, "a call was refused, because the role does not allow it");
    }
    let action =
        Action::of_call(request.method().as_str(), pattern.strip_prefix(address::INSTANCE)?);
    let action = action.or(is_forbidden.then_some(Action::CallRefuse))?;
    Some((author, action, refused(response, problem)))
}

/// The id or name in the address; of a call without an action of its own the call.
fn object<B>(response: &ServiceResponse<B>, action: Action) -> Option<String> {
    if action == Action::CallRefuse {
        return Some(call(response));
    }
    let path = response.request().match_info();
    let object = path.get("id").or_else(|| path.get("name"))?;
    Some(object.chars().take(OBJECT_CHARS_MAX).collect())
}

async fn write(
    app: &App,
    refusals: &Refusals,
    author: Author,
    action: Action,
    object: Option<String>,
    refusal: RefusedCall,
) {
    let room = refusals.take(author.instance, &author.actor.subject);
    if room == Room::None {
        counter!(AUDIT_OMITTED).increment(1);
        return;
    }
    let refusal = RefusedCall { more_left_out: room == Room::Last, ..refusal };
    let written = async {
        let mut tx = app.db.write().await?;
        audit::record_refusal(&mut tx, &author, action, object, refusal).await?;
        tx.commit().await
    };
    if let Err(error) = written.await {
        counter!(AUDIT_OMITTED).increment(1);
        tracing::error!(
            error = %error,
            action = action.as_str(),
            "a rejected call could not be written to the audit"
        );
    }
}

/// How many rejected calls of each caller were recorded in the last minute.
pub struct Refusals {
    most: u32,
    window: Mutex<Window>,
}

struct Window {
    since: Instant,
    counts: HashMap<(Uuid, String), u32>,
}

/// Whether there is room for one more event.
#[derive(Debug, PartialEq, Eq)]
enum Room {
    Some,
    Last,
    None,
}

impl Refusals {
    /// Room for `most` events of a caller in a minute.
    #[must_use]
    pub fn new(most: u32) -> Self {
        let window = Window { since: Instant::now(), counts: HashMap::new() };
        Self { most, window: Mutex::new(window) }
    }

    fn take(&self, instance: Uuid, subject: &str) -> Room {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.since.elapsed() >= WINDOW {
            *window = Window { since: Instant::now(), counts: HashMap::new() };
        }
        let count = window.counts.entry((instance, subject.to_owned())).or_default();
        *count = count.saturating_add(1);
        match (*count).cmp(&self.most) {
            std::cmp::Ordering::Less => Room::Some,
            std::cmp::Ordering::Equal => Room::Last,
            std::cmp::Ordering::Greater => Room::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_caller_has_room_for_so_many_refusals_a_minute() {
        let refusals = Refusals::new(2);
        let instance = Uuid::now_v7();
        let take = |subject| refusals.take(instance, subject);
        assert_eq!([take("ann"), take("ann"), take("ann")], [Room::Some, Room::Last, Room::None]);
        assert_eq!(take("bob"), Room::Some);
        tokio::time::advance(WINDOW).await;
        assert_eq!(take("ann"), Room::Some);
    }
}
