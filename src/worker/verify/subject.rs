//! What a verification needs: a run, what it read, and a way to its list.

use std::sync::Arc;

use crate::app::App;
use crate::campaign_monitor::CustomField;
use crate::connections::session::AccountSession;
use crate::records::plan::Plan;
use crate::runs::Run;
use crate::storage::Manifest;

/// A run that is verified.
#[derive(Clone)]
pub struct Subject {
    pub app: Arc<App>,
    pub run: Run,
    pub session: Arc<AccountSession>,
    /// How its records were made.
    pub plan: Arc<Plan>,
    /// The custom fields of the list.
    pub fields: Arc<[CustomField]>,
    /// What it read, in the order of its segments.
    pub manifests: Vec<Arc<Manifest>>,
}

impl Subject {
    /// The list at Campaign Monitor.
    pub fn list(&self) -> &str {
        self.run.list_id.as_str()
    }

    /// Reads that are in flight at most.
    pub fn reads_in_flight(&self) -> usize {
        usize::from(self.app.config.work.uploads_in_flight)
    }
}
