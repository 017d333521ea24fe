//! How exports whose files are written share the time: few at once, and each a step at a time, so that neither a slow
//! storage nor a long list delays the files of others.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::failure::FileFailure;
use super::store_files;
use crate::app::App;
use crate::db::{self, Time};
use crate::names::ExportId;
use crate::slots::{SharedSlot, Slots};

/// Exports whose files are written at the same time. An instance alone has six of them.
const AT_A_TIME: usize = 8;
/// An export keeps its slot for so long, and then yields it to others.
const HELD_MAX: Duration = Duration::from_secs(30);
/// So long it waits then: longer than the time after which others ask for a slot.
const PAUSE: Duration = Duration::from_secs(6);
/// How long a step may take: to read a part of those who left and to write their file.
const STEP_MAX: Duration = Duration::from_mins(3);
/// So long other processes leave an export alone that has a slot. Two at once do no harm.
const ALONE: TimeDelta = TimeDelta::minutes(11);

/// The slots of one process.
#[must_use]
pub fn slots() -> Arc<Slots> {
    Slots::new(AT_A_TIME)
}

/// Until when other processes leave an export alone from now on.
pub(super) fn alone_until() -> Time {
    db::now() + ALONE
}

/// What one export has of the slots.
pub(super) struct FairShare {
    slots: Arc<Slots>,
    instance: Uuid,
    export: ExportId,
    held: Option<HeldSlot>,
}

/// The slot is free once it is dropped.
struct HeldSlot {
    _slot: SharedSlot,
    since: Instant,
}

impl HeldSlot {
    fn new(slot: SharedSlot) -> Self {
        Self { _slot: slot, since: Instant::now() }
    }
}

impl FairShare {
    /// `None`: all slots are in use, or the rest is for other instances.
    pub(super) fn take(slots: &Arc<Slots>, instance: Uuid, export: ExportId) -> Option<Self> {
        let held = Some(HeldSlot::new(slots.take(instance)?));
        Some(Self { slots: slots.clone(), instance, export, held })
    }

    /// Does a step. Who has held a slot for long lets others have it before.
    pub(super) async fn step<T>(
        &mut self,
        app: &App,
        work: impl Future<Output = Result<T, FileFailure>>,
    ) -> Result<T, FileFailure> {
        if self.held.as_ref().is_some_and(|held| held.since.elapsed() > HELD_MAX) {
            self.held = None;
            self.held = Some(self.next_slot().await);
            let mut tx = app.db.write().await?;
            store_files::renew(&mut tx, self.export, alone_until()).await?;
            tx.commit().await?;
        }
        timeout(STEP_MAX, work).await.unwrap_or(Err(FileFailure::Late))
    }

    async fn next_slot(&self) -> HeldSlot {
        loop {
            sleep(PAUSE).await;
            if let Some(slot) = self.slots.take(self.instance) {
                return HeldSlot::new(slot);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_exports_leave_slots_to_others_of_their_instance_and_to_other_instances() {
        let (slots, [one, other]) = (slots(), [Uuid::from_u128(1), Uuid::from_u128(2)]);
        let take = |instance| FairShare::take(&slots, instance, ExportId(Uuid::from_u128(3)));
        let slow: Vec<_> = (0..4).map_while(|_| take(one)).collect();
        assert_eq!(slow.len(), 4);
        let fifth = take(one).unwrap();
        let more: Vec<_> = (0..9).map_while(|_| take(one)).collect();
        assert_eq!(more.len(), 1, "the rest is for others");
        assert!(take(other).is_some());
        drop(fifth);
        assert!(take(one).is_some());
    }
}
