//! What a plan is about.

use uuid::Uuid;

use super::basis::Basis;
use crate::exports::{ListId, ListSync, Mapping};
use crate::names::{ExportId, RunId};

/// The export, and the run or the preview that needs the plan.
pub struct PlanSubject<'a> {
    pub instance: Uuid,
    pub export: ExportId,
    /// The run itself; `None` for a preview.
    pub run: Option<RunId>,
    pub list: &'a ListId,
    pub mapping: &'a Mapping,
    pub sync: &'a ListSync,
    /// Has the members in memory where the run needs them there anyway.
    pub basis: Option<&'a Basis>,
}
