//! Why a run sends nothing more: raised by what learns of it first, heeded by the phase that sends.

use std::sync::{Mutex, MutexGuard};

use tokio_util::sync::CancellationToken;

use super::stopped::Stopped;

/// Why a run sends nothing more. The first cause stays.
#[derive(Default)]
pub struct Interrupt {
    /// Cancelled when nothing new is to be sent.
    pub drain: CancellationToken,
    cause: Mutex<Option<Stopped>>,
}

impl Interrupt {
    pub fn raise(&self, cause: Stopped) {
        self.cause().get_or_insert(cause);
        self.drain.cancel();
    }

    pub fn take(&self) -> Option<Stopped> {
        self.cause().take()
    }

    /// Whether the run ends for that, so that no attempt follows.
    pub fn ends_run(&self) -> bool {
        matches!(*self.cause(), Some(Stopped::Ended(..)))
    }

    fn cause(&self) -> MutexGuard<'_, Option<Stopped>> {
        self.cause.lock().expect("nothing panics while it is locked")
    }
}
