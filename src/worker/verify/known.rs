//! What an export last knew of its members: a run that sends only changes does not ask again for whom Campaign Monitor
//! rejects, and people who left its segments and stay on the list are no strangers.

use std::sync::Arc;

use super::failure::Failure;
use super::subject::Subject;
use crate::baselines::{self, Baseline, HashKind, Index, MemberState};
use crate::exports::SendMode;
use crate::records::hasher::Hasher;
use crate::runs::Run;

/// The states of the members of an export.
pub struct KnownStates {
    baseline: Baseline,
    index: Index,
    /// Makes the hashes of contents that the index has.
    pub hasher: Hasher,
    /// Whether the contents of the run are made in the same way.
    is_same_form: bool,
}

impl KnownStates {
    /// `None` before anything is known.
    pub async fn of(subject: &Subject) -> Result<Option<Arc<Self>>, Failure> {
        let (app, run) = (&subject.app, &subject.run);
        let mut db = app.db.read().await?;
        let stored = baselines::store::get(&mut db, run.export_id, run.list_id.as_str()).await?;
        drop(db);
        let Some(baseline) = stored else { return Ok(None) };
        let index = Index::load(&app.storage, &baseline, HashKind::Content).await;
        let index = index.map_err(|error| Failure::Later(error.to_string()))?;
        let hasher = Hasher::new(baseline.seed, &subject.plan.fingerprint);
        let is_same_form = baseline.fingerprint == subject.plan.fingerprint;
        Ok(Some(Arc::new(Self { baseline, index, hasher, is_same_form })))
    }

    /// Whether it takes more than the answers to a run to say who is on the list: some members were not sent.
    pub fn decides(run: &Run) -> bool {
        run.sync.send == SendMode::Changes && run.counts.unchanged > 0
    }

    /// Whether the export has this address on the list, also when its segments do not have it any more.
    pub fn is_on_list(&self, address: &str) -> bool {
        let known = self.index.find(self.baseline.key(address));
        known.is_some_and(|known| !known.state.has_left() && !known.state.is_unused())
    }

    /// Whether the list is known to reject this address, so that it is not sent. All others are sent, or are there.
    /// In a run that has not ended, the states are those before it: who has another content was sent since.
    pub fn is_refused(&self, address: &str, content: u64) -> bool {
        let known = self.index.find(self.baseline.key(address));
        known.is_some_and(|known| {
            let is_off = known.state.is_refused() || known.state == MemberState::HeldBack;
            is_off && (!self.is_same_form || known.has_hash(content))
        })
    }
}
