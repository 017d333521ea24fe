//! Removals without an answer in a run that ends: no later attempt comes to the person, so the list is read once more.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::leaver_calls::{LeaverCalls, is_after};
use crate::campaign_monitor::{Error, SubscriberState};
use crate::exports::Leavers;
use crate::runs::LeaverOutcome;

/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(10);

impl LeaverCalls {
    /// The outcome for somebody whose removal has had no answer since `begun`. In doubt, unless the run ends and the
    /// list shows that the call has deleted them. Who is unsubscribed may have wished it, and who is still there may be
    /// removed yet.
    pub(super) async fn after_lost(&self, address: &str, begun: Instant) -> LeaverOutcome {
        if self.action != Leavers::Delete || !self.gate.interrupt.ends_run() {
            return LeaverOutcome::InDoubt;
        }
        match timeout(PATIENCE, self.was_deleted_since(address, begun)).await {
            Ok(Ok(true)) => self.done(),
            Ok(_) | Err(_) => LeaverOutcome::InDoubt,
        }
    }

    /// Asks also in a run that sends nothing more: nothing is changed.
    async fn was_deleted_since(&self, address: &str, begun: Instant) -> Result<bool, Error> {
        let list = self.list_id.as_str();
        let found = self.session.call(|account| async move {
            let found = account.state_since(list, address).await?;
            Ok((found, account.system_date().await?))
        });
        let (found, now) = found.await?;
        let deleted = found.filter(|found| found.state == SubscriberState::Deleted);
        Ok(deleted.is_some_and(|found| is_after(&found.date, &now, begun)))
    }
}
