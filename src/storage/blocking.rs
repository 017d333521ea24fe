//! Work that keeps a processor or a disk busy, away from the async threads.
//!
//! A caller that leaves drops its future, but not what the future began on another thread: that ends later. So whatever
//! counts the work, such as a slot of few, is held by both.

use std::any::Any;
use std::sync::Arc;

use super::error::Error;

/// Held as long as the work that it counts.
pub(crate) type Held = Arc<dyn Any + Send + Sync>;

tokio::task_local! {
    static HELD: Held;
}

/// Does `work`, and drops `held` when it has ended, with everything that it began on other threads.
pub(crate) async fn holding<T>(held: Held, work: impl Future<Output = T>) -> T {
    HELD.scope(held, work).await
}

/// What the work that asks is held by: for the threads that it begins.
pub(crate) fn held() -> Option<Held> {
    HELD.try_with(Arc::clone).ok()
}

/// Runs work on a thread that may block; a panic there is an error here. What the caller is held by when it calls this
/// is held until the work has ended.
pub(crate) fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> impl Future<Output = Result<T, Error>> + Send {
    let held = held();
    let work = move || {
        let _held = held;
        work()
    };
    async move {
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|panic| Err(Error::unavailable(panic)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn what_counts_the_work_is_held_until_the_work_ends_although_its_caller_has_left() {
        let held: Held = Arc::new(());
        let is_counted: Weak<_> = Arc::downgrade(&held);
        let (go_on, may_go_on) = channel::<()>();
        let (tell, told) = channel();
        let work = holding(held, async {
            let blocking = run_blocking(move || {
                tell.send(()).unwrap();
                may_go_on.recv().map_err(Error::unavailable)
            });
            tokio::spawn(blocking).await.unwrap()
        });
        let caller = tokio::spawn(work);
        tokio::task::spawn_blocking(move || told.recv().unwrap()).await.unwrap();

        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        assert_eq!(is_counted.strong_count(), 1, "the work goes on");

        go_on.send(()).unwrap();
        while is_counted.strong_count() > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn work_that_nothing_counts_is_done_as_well() {
        assert!(held().is_none());
        assert_eq!(run_blocking(|| Ok(7)).await.unwrap(), 7);
    }
}
