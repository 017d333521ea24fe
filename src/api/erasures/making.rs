//! Checks a request to erase people, and stores it: from then on they are not sent.

use chrono::TimeDelta;
use uuid::Uuid;

use super::views::NewErasureBody;
use crate::app::App;
use crate::db::{self, ReadHandle, WriteHandle};
use crate::erasures::store::NewErasure;
use crate::erasures::{
    Erasure, ErasureId, NamedPerson, PEOPLE_MAX, People, RemarkFacts, Site, remark, store,
    store_sites, store_tombstones,
};
use crate::http::auth::{Admin, Caller};
use crate::http::problem::{FieldError, Problem};
use crate::row_logs::OutgoingFolders;
use crate::segments::{self, Segment};

/// The most people whose flaws are listed.
const FLAWS_MAX: usize = 100;

/// Rejects a request that names nobody, too many, or somebody in a way that cannot be understood.
pub fn check(people: &[NamedPerson]) -> Result<(), Problem> {
    if !(1..=PEOPLE_MAX).contains(&people.len()) {
        let message = format!("A request names 1 to {PEOPLE_MAX} people. Split it.");
        let error = FieldError::new("/people", "wrongNumber", message);
        return Err(error.with("min", 1_i64).with("max", PEOPLE_MAX).into());
    }
    let flaws = people.iter().enumerate().filter_map(|(index, person)| {
        let (message, params) = person.flaw()?;
        Some(FieldError::new(format!("/people/{index}"), "invalid", message).with_all(params))
    });
    Problem::none_of(flaws.take(FLAWS_MAX).collect())
}

/// Stores the request with its tombstones.
pub async fn insert(
    tx: &mut WriteHandle,
    app: &App,
    caller: &Caller<Admin>,
    body: &NewErasureBody,
) -> Result<Erasure, Problem> {
    let (id, people, now) = (ErasureId(Uuid::now_v7()), People::named(&body.people), db::now());
    let sealed = people.seal(&app.keys, caller.instance, id.0).map_err(anyhow::Error::new)?;
    let expires = now + TimeDelta::days(i64::from(app.config.limits.tombstone_days));
    let new = NewErasure {
        id,
        instance: caller.instance,
        people: people.count(),
        people_sealed: &sealed,
        legal_basis: body.legal_basis.as_str(),
        reference: body.reference.as_str(),
        tombstones: expires,
        by: caller.subject(),
        now,
    };
    let erasure = store::insert(tx, &new).await?;
    store_tombstones::add(tx, &app.keys, (caller.instance, id), &people, expires).await?;
    let about = circumstances(tx, app, caller.instance).await?;
    let remarks: Vec<_> = Site::ALL.map(|site| (site, remark(site, &about))).into();
    store_sites::insert(tx, id, &remarks).await?;
    Ok(erasure)
}

async fn circumstances(
    tx: &mut ReadHandle,
    app: &App,
    instance: Uuid,
) -> Result<RemarkFacts, Problem> {
    let segments = segments::store_forget::of_instance(tx, instance).await?;
    let is_theirs = |segment: &&Segment| segment.source.0 != segments::SegmentSource::Upload;
    let theirs = segments.iter().filter(is_theirs);
    let outgoing = OutgoingFolders::of(&app.storage, tx, instance).await?;
    Ok(RemarkFacts {
        row_logs: outgoing.row_logs.into_iter().collect(),
        feedback: outgoing.feedback.into_iter().collect(),
        sources: theirs.map(|segment| segment.name.as_str().to_owned()).collect(),
        backup_days: app.config.limits.keep_backups_days,
        idempotency_hours: app.config.limits.idempotency_hours,
        is_sqlite: app.db.is_sqlite(),
    })
}
