//! Reads of a list: several in flight, retried, and slower where Campaign Monitor asks for it.

use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use super::failure::Failure;
use super::subject::Subject;
use crate::app::App;
use crate::backoff;
use crate::campaign_monitor::{Account, Disposition, Error, PageQuery, PageText, SubscriberState};
use crate::connections::session::AccountSession;
use crate::worker::limiter::{Limiter, Verdict};

/// The longest pause of ours between tries.
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// Reads the subscribers of one list, and waits where Campaign Monitor asks for it.
pub struct Reader<'a> {
    app: &'a App,
    session: &'a AccountSession,
    list: &'a str,
    limiter: Limiter,
}

impl<'a> Reader<'a> {
    pub fn new(subject: &'a Subject) -> Self {
        Self::of_list(&subject.app, &subject.session, subject.list())
    }

    /// Reads any list of an account.
    pub fn of_list(app: &'a App, session: &'a AccountSession, list: &'a str) -> Self {
        let limiter = Limiter::new(usize::from(app.config.work.uploads_in_flight));
        Self { app, session, list, limiter }
    }

    /// A page of the subscribers in one state.
    pub async fn page(&self, query: &PageQuery) -> Result<PageText, Failure> {
        let list = self.list;
        self.read(|account| async move { account.subscribers(list, query).await }).await
    }

    /// How many there are in a state, or came into it since.
    pub async fn count(&self, state: SubscriberState, since: Option<&str>) -> Result<i64, Failure> {
        let list = self.list;
        self.read(|account| async move { account.count(list, state, since).await }).await
    }

    /// The time on the clock of the account.
    pub async fn account_time(&self) -> Result<String, Failure> {
        self.read(|account| async move { account.system_date().await }).await
    }

    /// One subscriber; `None` when the list has no such person.
    pub async fn subscriber(&self, email: &str) -> Result<Option<Value>, Failure> {
        let list = self.list;
        let found = self.try_read(|account| async move { account.subscriber(list, email).await });
        match found.await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_unknown_subscriber() => Ok(None),
            Err(error) => Err(Failure::of(&error, list)),
        }
    }

    async fn read<T, F>(&self, call: impl Fn(Account) -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let list = self.list;
        self.try_read(call).await.map_err(|error| Failure::of(&error, list))
    }

    async fn try_read<T, F>(&self, call: impl Fn(Account) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let work = &self.app.config.work;
        for attempt in 1.. {
            let slot = self.limiter.acquire().await;
            let error = match self.session.call(&call).await {
                Ok(answer) => {
                    slot.answer(Verdict::Clean);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let Disposition::Retry(asked) = error.disposition() else {
                return Err(error);
            };
            let first = Duration::from_millis(work.retry_pause_ms);
            let pause = backoff::pause(first, PAUSE_MAX, attempt, rand::random());
            let pause = asked.unwrap_or(pause);
            slot.answer(Verdict::Overloaded { retry_after: pause });
            if attempt >= work.call_tries {
                return Err(error);
            }
            sleep(pause).await;
        }
        unreachable!("the loop ends by itself")
    }
}
