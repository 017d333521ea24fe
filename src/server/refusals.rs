//! Writes rejected calls to the audit, whatever rejected them.
//!
//! A call counts when its caller is known, has access to the instance, and wanted to change something. Nothing of
//! its body is stored. An answer never fails because of the audit, and a flood of rejected calls leaves a bounded
//! number of events: those of a caller above the limit of a minute are only counted.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::HttpMessage;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use metrics::counter;
use tokio::time::Instant;
use uuid::Uuid;

use crate::app::App;
use crate::audit::{self, Action, Author, RefusedCall};
use crate::http::address;
use crate::http::problem::Problem;
use crate::telemetry::measures::AUDIT_OMITTED;

const WINDOW: Duration = Duration::from_mins(1);
/// Longer than any id or name of ours.
const OBJECT_CHARS_MAX: usize = 100;

/// Records the call if it was rejected.
pub async fn record(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let response = next.call(request).await?;
    if let Some((author, action, refusal)) = refusal(&response)
        && let Some(app) = response.request().app_data::<Data<App>>()
        && let Some(refusals) = response.request().app_data::<Data<Refusals>>()
    {
        write(app, refusals, author, action, object(&response), refusal).await;
    }
    Ok(response)
}

/// Who was rejected, for which action and why; statuses 4xx only.
fn refusal<B>(response: &ServiceResponse<B>) -> Option<(Author, Action, RefusedCall)> {
    if !response.status().is_client_error() {
        return None;
    }
    let request = response.request();
    let pattern = request.match_pattern()?;
    let action =
        Action::of_call(request.method().as_str(), pattern.strip_prefix(address::INSTANCE)?)?;
    let author = request.extensions().get::<Author>().cloned()?;
    let problem = response.response().error()?.as_error::<Problem>()?;
    let status = i32::from(response.status().as_u16());
    let refusal = RefusedCall { status, error_code: problem.code().into(), more_left_out: false };
    Some((author, action, refusal))
}

/// The id or name in the address.
fn object<B>(response: &ServiceResponse<B>) -> Option<String> {
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
