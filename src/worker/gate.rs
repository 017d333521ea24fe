//! Whether the next call of a run may be sent: not while its instance is paused, and not once another worker has the
//! run. It is read before every call, so that nothing is sent once a pause is answered, and a process that was held for
//! a while changes nothing that a later run has put right. Once people were erased, a run that would send them stops
//! too, and resumes without them.

use std::sync::Arc;

use uuid::Uuid;

use super::interrupt::Interrupt;
use super::stopped::Stopped;
use crate::app::App;
use crate::erasures::store_tombstones;
use crate::pauses;
use crate::runs::{Lease, LeaseLost, store_work};

/// Before every call of a run that changes the list.
#[derive(Clone)]
pub struct Gate {
    pub app: Arc<App>,
    pub instance: Uuid,
    pub lease: Lease,
    pub interrupt: Arc<Interrupt>,
    /// The generation of tombstones that the run keeps to.
    pub tombstones: i64,
}

impl Gate {
    /// False when nothing more may be sent; the interrupt then has the reason.
    pub async fn is_open(&self) -> bool {
        match self.obstacle().await {
            Ok(None) => return !self.interrupt.drain.is_cancelled(),
            Ok(Some(stopped)) => self.interrupt.raise(stopped),
            Err(error) => self.interrupt.raise(error.into()),
        }
        false
    }

    async fn obstacle(&self) -> sqlx::Result<Option<Stopped>> {
        let mut tx = self.app.db.read().await?;
        if !store_work::is_ours(&mut tx, self.lease).await? {
            return Ok(Some(Stopped::LeaseLost(LeaseLost)));
        }
        if pauses::store::get(&mut tx, self.instance).await?.is_some() {
            return Ok(Some(Stopped::Paused));
        }
        let generation = store_tombstones::generation(&mut tx, self.instance).await?;
        Ok((generation != self.tombstones).then_some(Stopped::MoreErased))
    }
}

/// Whether nothing may be sent for an instance.
pub async fn is_paused(app: &App, instance: Uuid) -> sqlx::Result<bool> {
    Ok(pauses::store::get(&mut app.db.read().await?, instance).await?.is_some())
}
