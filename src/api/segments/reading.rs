//! How long a caller waits until the source of a segment has been read, and what a problem says when it cannot be read.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use uuid::Uuid;

use super::named::named;
use super::unreadable::storage_unavailable;
use crate::app::App;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::segments::{self, SegmentName, SegmentSource};
use crate::storage::{self, Inspection};

/// Reads the members of a source, unless they are what is `known`, or copies them; an upload has none there.
pub async fn inspect(
    app: &App,
    instance: Uuid,
    name: &SegmentName,
    source: &SegmentSource,
    known: Option<Inspection>,
) -> Result<Option<Inspection>, Problem> {
    if *source == SegmentSource::Upload {
        return Ok(None);
    }
    let slot =
        app.registrations.take(instance).ok_or_else(|| Problem::too_many("registrations"))?;
    let time = Duration::from_millis(app.config.limits.registration_timeout_ms);
    let inspecting = segments::inspect(app, instance, source, name.as_str(), known);
    let inspected = timeout(time, storage::holding(Arc::new(slot), inspecting)).await;
    let found = inspected.map_err(|_| too_long(time))?;
    found.map_err(|error| source_problem(source, &error))
}

fn too_long(time: Duration) -> Problem {
    let detail = format!(
        "Reading the members took longer than {} seconds; nothing was changed. Register fewer or smaller files, or a \
            smaller table.",
        time.as_secs_f64()
    );
    Problem::new(ProblemKind::RegistrationTooLong, detail)
}

fn source_problem(source: &SegmentSource, error: &storage::Error) -> Problem {
    let pointer =
        if matches!(source, SegmentSource::Table { .. }) { "/source/table" } else { "/source/url" };
    match error {
        error if error.is_of_the_storage() => storage_unavailable(error),
        other => FieldError::new(pointer, "unreadableSource", other.to_string())
            .with_all(named(other))
            .into(),
    }
}
