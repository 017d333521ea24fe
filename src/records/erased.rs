//! Profiles of people who were erased: they are not sent, and nothing that a run writes names them.

use std::sync::Arc;

use super::columns::{CUSTOMER_ID_COLUMN, Columns, EMAIL_COLUMN};
use super::plan::Plan;
use crate::erasures::TombstoneSet;

impl Plan {
    /// The same, but profiles of these people are not sent.
    #[must_use]
    pub fn with_tombstones(&self, tombstones: Option<Arc<TombstoneSet>>) -> Self {
        let mut plan = self.clone();
        plan.tombstones = tombstones;
        plan
    }

    /// Whether somebody was erased, whose profiles are not sent.
    #[must_use]
    pub const fn knows_erased(&self) -> bool {
        self.tombstones.is_some()
    }

    /// Whether the profile of a row is of somebody who was erased. Nothing is hashed where nobody was.
    #[must_use]
    pub fn is_erased(&self, columns: &Columns<'_>, row: usize) -> bool {
        let Some(tombstones) = &self.tombstones else { return false };
        let text = |column| columns.written(column, row).unwrap_or_default();
        let address = self.address(columns, row);
        let address = address.as_deref().unwrap_or_else(|_| text(EMAIL_COLUMN));
        tombstones.has(address, text(CUSTOMER_ID_COLUMN))
    }
}
