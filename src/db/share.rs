//! How many connections of a pool the calls of one instance may hold at a time: half of them, at least one.
//!
//! Others of the instance wait here, not in the queue of the pool, so however many they are, another instance waits
//! behind few. What is done for no instance, such as runs and health, does not wait here.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use sqlx::Result;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use uuid::Uuid;

/// Instances that are remembered before those without calls are forgotten.
const REMEMBERED: usize = 1000;

tokio::task_local! {
    static INSTANCE: Option<Uuid>;
}

/// Does `work`, whose connections to the database count for `instance`; `None`: for nobody.
pub async fn on_behalf_of<T>(instance: Option<Uuid>, work: impl Future<Output = T>) -> T {
    INSTANCE.scope(instance, work).await
}

/// Half of a pool for each instance.
#[derive(Debug)]
pub struct Share {
    most: usize,
    wait: Duration,
    instances: Mutex<HashMap<Uuid, Weak<Semaphore>>>,
}

/// Held with a connection; `None` for nobody.
pub(super) type SharePermit = Option<OwnedSemaphorePermit>;

/// The calls of an instance have held its share for longer than a call waits.
#[derive(Debug, thiserror::Error)]
#[error("the calls of this instance hold its share of the connections to the database")]
pub(super) struct UsedUp;

impl Share {
    /// Of a pool of `connections`, for which a call waits at most `wait`.
    pub(super) fn of(connections: u32, wait: Duration) -> Arc<Self> {
        let most = usize::try_from(connections / 2).unwrap_or(usize::MAX).max(1);
        Arc::new(Self { most, wait, instances: Mutex::default() })
    }

    /// Waits until the instance that this is done for may take one more connection.
    pub(super) async fn enter(&self) -> Result<SharePermit> {
        let Some(instance) = INSTANCE.try_with(|instance| *instance).ok().flatten() else {
            return Ok(None);
        };
        match timeout(self.wait, self.of_instance(instance).acquire_owned()).await {
            Ok(permit) => Ok(permit.ok()),
            Err(_) => Err(io::Error::new(io::ErrorKind::QuotaExceeded, UsedUp).into()),
        }
    }

    fn of_instance(&self, instance: Uuid) -> Arc<Semaphore> {
        let mut instances = self.instances.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = instances.get(&instance).and_then(Weak::upgrade) {
            return known;
        }
        if instances.len() >= REMEMBERED {
            instances.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let new = Arc::new(Semaphore::new(self.most));
        instances.insert(instance, Arc::downgrade(&new));
        new
    }
}

#[cfg(test)]
mod tests {
    use super::super::errors;
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_instance_holds_half_of_a_pool_and_the_others_do_not_wait_for_it() {
        let share = Share::of(4, Duration::from_secs(5));
        let [ann, bob] = [1, 2].map(Uuid::from_u128);
        let enter = async |instance| on_behalf_of(Some(instance), share.enter()).await;
        let first = (enter(ann).await.unwrap(), enter(ann).await.unwrap());
        assert!(first.0.is_some() && enter(bob).await.unwrap().is_some());

        let refused = enter(ann).await.unwrap_err();
        assert!(errors::is_share_used_up(&refused), "{refused}");

        assert!(on_behalf_of(None, share.enter()).await.unwrap().is_none());
        assert!(share.enter().await.unwrap().is_none(), "nobody is named");
        drop(first);
        assert!(enter(ann).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn instances_without_calls_are_forgotten() {
        let share = Share::of(1, Duration::from_secs(5));
        let held = on_behalf_of(Some(Uuid::nil()), share.enter()).await.unwrap();
        for instance in 1..=3 * REMEMBERED as u128 {
            on_behalf_of(Some(Uuid::from_u128(instance)), share.enter()).await.unwrap();
        }
        let instances = share.instances.lock().unwrap();
        assert!(instances.len() <= REMEMBERED && instances.contains_key(&Uuid::nil()));
        drop(held);
    }
}
