//! Whether the next call of a run may be sent: not while its instance is paused. It is read before every call, so that
//! nothing is sent once a pause is answered, whichever worker has the run.

use std::sync::Arc;

use uuid::Uuid;

use super::interrupt::Interrupt;
use super::stopped::Stopped;
use crate::app::App;
use crate::pauses;

/// Before every call of a run that changes the list.
#[derive(Clone)]
pub struct Gate {
    pub app: Arc<App>,
    pub instance: Uuid,
    pub interrupt: Arc<Interrupt>,
}

impl Gate {
    /// False when nothing more may be sent; the interrupt then has the reason.
    pub async fn is_open(&self) -> bool {
        let stopped = match is_paused(&self.app, self.instance).await {
            Ok(false) => return !self.interrupt.drain.is_cancelled(),
            Ok(true) => Stopped::Paused,
            Err(error) => error.into(),
        };
        self.interrupt.raise(stopped);
        false
    }
}

/// Whether nothing may be sent for an instance.
pub async fn is_paused(app: &App, instance: Uuid) -> sqlx::Result<bool> {
    Ok(pauses::store::get(&mut app.db.read().await?, instance).await?.is_some())
}
