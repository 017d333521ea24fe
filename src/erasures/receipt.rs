//! The receipt of an erasure, in the vocabulary of `OpenDSR` (`OpenGDPR`): what other systems of privacy requests read.
//!
//! The members with underscores are those of its response to a request and of its status
//! (<https://github.com/opengdpr/OpenDSR>). What it has no word for is in `extensions`, as it asks. It names nobody.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::erasure::{Erasure, ErasureId};
use super::site::{Site, SiteRecord};
use crate::db::Time;

/// The version of `OpenDSR` whose words these are.
const API_VERSION: &str = "3.0";
const LIMITS: [&str; 4] = [
    "A receipt shows what was found and removed at the times that it names. Who sends the people again by another way, \
     such as a form or another program, is not known here.",
    "Campaign Monitor keeps deleted subscribers readable, in the state Deleted. It has no call that erases them.",
    "Sources and backups are not this service's to change: their remarks say whose they are and when they expire.",
    "Tombstones are keyed hashes: personal data under a pseudonym, kept so that the people are not sent again.",
];

/// What an erasure proves to others.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ErasureReceipt {
    /// The version of the vocabulary, not of this API.
    #[schema(example = "3.0")]
    pub api_version: &'static str,
    #[schema(example = "gdpr")]
    pub regulation: &'static str,
    /// The instance whose people these are.
    pub controller_id: Uuid,
    pub subject_request_id: ErasureId,
    #[schema(example = "erasure")]
    pub subject_request_type: &'static str,
    /// `pending`, `in_progress` or `completed`.
    #[schema(example = "completed")]
    pub request_status: &'static str,
    pub received_time: DateTime<Utc>,
    /// When it is due by article 12(3) of the GDPR.
    pub expected_completion_time: DateTime<Utc>,
    /// People whom the request named.
    #[schema(minimum = 0, example = 1)]
    pub results_count: i64,
    pub extensions: ReceiptExtensions,
}

/// What the vocabulary has no word for.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptExtensions {
    #[schema(example = "GDPR, article 17(1)(b)")]
    pub legal_basis: String,
    #[schema(example = "DSR-2026-0117")]
    pub reference: String,
    #[schema(required)]
    pub completed_utc: Option<DateTime<Utc>>,
    /// When this receipt was made.
    pub issued_utc: DateTime<Utc>,
    /// Until when the people are not sent; `null` once the tombstones are lifted.
    #[schema(required)]
    pub tombstones_until_utc: Option<DateTime<Utc>>,
    #[serde(rename = "places")]
    pub sites: Vec<ReceiptSite>,
    /// What it does not prove.
    #[schema(value_type = Vec<String>)]
    pub limits: [&'static str; 4],
}

/// What was found in one place.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ErasurePlaceRecord)]
pub struct ReceiptSite {
    #[serde(rename = "place")]
    pub site: Site,
    /// `null` of a place that this service cannot search.
    #[schema(required, minimum = 0, example = 3)]
    pub found: Option<i64>,
    #[schema(required, minimum = 0, example = 3)]
    pub removed: Option<i64>,
    /// When a second search found nobody any more; `null` before, and of `lists` where some could not be reached.
    #[schema(required)]
    pub verified_utc: Option<DateTime<Utc>>,
    pub remark: String,
}

impl From<SiteRecord> for ReceiptSite {
    fn from(record: SiteRecord) -> Self {
        let SiteRecord { site, found, removed, verified_utc, remark } = record;
        Self { site, found, removed, verified_utc, remark }
    }
}

/// The sites in the order of an answer.
#[must_use]
pub fn in_order(mut sites: Vec<SiteRecord>) -> Vec<ReceiptSite> {
    sites.sort_by_key(|record| Site::ALL.iter().position(|site| *site == record.site));
    sites.into_iter().map(ReceiptSite::from).collect()
}

impl ErasureReceipt {
    /// The receipt as of `now`.
    #[must_use]
    pub fn of(erasure: Erasure, sites: Vec<SiteRecord>, now: Time) -> Self {
        Self {
            api_version: API_VERSION,
            regulation: "gdpr",
            controller_id: erasure.instance_id,
            subject_request_id: erasure.id,
            subject_request_type: "erasure",
            request_status: erasure.status.open_dsr(),
            received_time: erasure.requested_utc,
            expected_completion_time: erasure.due_utc,
            results_count: erasure.people,
            extensions: ReceiptExtensions {
                legal_basis: erasure.legal_basis,
                reference: erasure.reference,
                completed_utc: erasure.completed_utc,
                issued_utc: now,
                tombstones_until_utc: erasure.tombstones_utc,
                sites: in_order(sites),
                limits: LIMITS,
            },
        }
    }
}
