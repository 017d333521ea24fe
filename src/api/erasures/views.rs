//! Erasures on the wire. Who is erased only ever comes in.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::{ReadHandle, Time};
use crate::erasures::{
    CaseText, Erasure, ErasureId, ErasureStatus, NamedPerson, PEOPLE_MAX, ReceiptSite, SiteRecord,
    in_order, store_sites,
};
use crate::wire::list;

/// People who are to be erased everywhere.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewErasureBody {
    /// Each by `email` or by `customerId`. They are sealed, and forgotten once the erasure is completed.
    #[serde(deserialize_with = "list::<PEOPLE_MAX, _, _>")]
    #[schema(min_items = 1, max_items = 10_000)]
    pub people: Vec<NamedPerson>,
    /// Why they are erased, as it stands in the receipt. It names nobody.
    #[schema(example = "GDPR, article 17(1)(b)")]
    pub legal_basis: CaseText,
    /// The request in your own books. It names nobody.
    #[schema(example = "DSR-2026-0117")]
    pub reference: CaseText,
}

/// Why people may be sent again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LiftBody {
    #[schema(example = "The person has subscribed again.")]
    pub reason: CaseText,
}

/// An erasure: what was found of its people in each place, and removed from it. It names nobody.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasureView {
    pub erasure_id: ErasureId,
    pub instance_id: Uuid,
    pub status: ErasureStatus,
    /// How many people the request named.
    #[schema(minimum = 1, example = 1)]
    pub people: i64,
    #[schema(example = "GDPR, article 17(1)(b)")]
    pub legal_basis: String,
    #[schema(example = "DSR-2026-0117")]
    pub reference: String,
    /// Subject of who asked for it.
    #[schema(example = "ann@example.com")]
    pub requested_by: String,
    pub requested_utc: DateTime<Utc>,
    /// One month after the request (article 12(3) of the GDPR).
    pub due_utc: DateTime<Utc>,
    /// Days until it is due, below zero when it is overdue; `null` once it is completed.
    #[schema(required, example = 31)]
    pub days_left: Option<i64>,
    #[schema(required)]
    pub completed_utc: Option<DateTime<Utc>>,
    /// What is in its way, in a sentence; `null` when nothing is.
    #[schema(required)]
    pub waiting: Option<String>,
    pub tombstones: TombstonesView,
    /// Where the people may be, in an order that stays.
    #[serde(rename = "places")]
    pub sites: Vec<ReceiptSite>,
    pub version: i64,
}

/// What keeps the people of an erasure from being sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TombstonesView {
    /// Until when; `null` once they are lifted.
    #[schema(required)]
    pub expires_utc: Option<DateTime<Utc>>,
    /// Subject of who lifted them.
    #[schema(required, example = "ann@example.com")]
    pub lifted_by: Option<String>,
    #[schema(required)]
    pub lifted_utc: Option<DateTime<Utc>>,
    #[schema(required)]
    pub lifted_because: Option<String>,
}

impl ErasureView {
    /// The erasure as of `now`.
    pub fn of(erasure: Erasure, sites: Vec<SiteRecord>, now: Time) -> Self {
        let days_left = erasure.days_left(now);
        Self {
            erasure_id: erasure.id,
            instance_id: erasure.instance_id,
            status: erasure.status,
            people: erasure.people,
            legal_basis: erasure.legal_basis,
            reference: erasure.reference,
            requested_by: erasure.requested_by,
            requested_utc: erasure.requested_utc,
            due_utc: erasure.due_utc,
            days_left,
            completed_utc: erasure.completed_utc,
            waiting: erasure.waiting,
            tombstones: TombstonesView {
                expires_utc: erasure.tombstones_utc,
                lifted_by: erasure.lifted_by,
                lifted_utc: erasure.lifted_utc,
                lifted_because: erasure.lifted_because,
            },
            sites: in_order(sites),
            version: erasure.version,
        }
    }
}

/// The views of some erasures, in their order.
pub async fn views(
    tx: &mut ReadHandle,
    erasures: Vec<Erasure>,
    now: Time,
) -> sqlx::Result<Vec<ErasureView>> {
    let ids: Vec<_> = erasures.iter().map(|erasure| erasure.id).collect();
    let mut sites: HashMap<ErasureId, Vec<SiteRecord>> = HashMap::new();
    for (id, record) in store_sites::of_erasures(tx, &ids).await? {
        sites.entry(id).or_default().push(record);
    }
    let view = |erasure: Erasure| {
        let found = sites.remove(&erasure.id).unwrap_or_default();
        ErasureView::of(erasure, found, now)
    };
    Ok(erasures.into_iter().map(view).collect())
}
