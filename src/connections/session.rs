//! A session at Campaign Monitor: calls with the credential of a connection, whatever that is at the moment.
//!
//! An access token is renewed before it ends, and when Campaign Monitor says that it has ended (code 121). A credential
//! that is refused may have been replaced meanwhile, by another process that renewed it or a person who signed in: then
//! the call is made once more with the new one. Only what is refused and not replaced is recorded as refused. The
//! worker and the API both come this way. How processes take turns: `renewal.rs`.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::Mutex;
use tracing::Instrument;

use super::{Connection, Secret, renewal, store, store_oauth};
use crate::app::App;
use crate::audit::{self, Action, Author, Change, Part};
use crate::campaign_monitor::{Account, CampaignMonitor, Error};
use crate::db::{self, Db, Time, Tx};
use crate::names::ConnectionId;
use crate::secrets::{self, Keys};

/// A token is renewed so long before it ends: longer than clocks differ and a call waits.
const EARLY: TimeDelta = TimeDelta::minutes(1);
/// Credentials that a call is tried with: the one that was read last, one that another process stored since, which
/// may have ended too, and a renewed one.
const CREDENTIALS_MAX: u32 = 3;

/// Calls with the credential of a connection.
pub struct Session {
    shared: Arc<Shared>,
    held: Mutex<Held>,
}

/// What a renewal needs beside the credential; it outlives a caller that goes away.
pub(super) struct Shared {
    pub db: Db,
    pub keys: Keys,
    pub api: CampaignMonitor,
    pub id: ConnectionId,
}

/// The credential as it was read last.
#[derive(Clone)]
pub(super) struct Held {
    pub secret: Secret,
    pub generation: i64,
    expires_utc: Option<Time>,
}

impl Session {
    /// A session of `connection` by way of `api`; `None` when it has no credential.
    pub fn open(
        app: &App,
        api: &CampaignMonitor,
        connection: &Connection,
    ) -> Result<Option<Self>, secrets::Error> {
        let (db, keys, api) = (app.db.clone(), app.keys.clone(), api.clone());
        let held = Held::of(connection, &keys)?;
        let shared = Arc::new(Shared { db, keys, api, id: connection.id });
        Ok(held.map(|held| Self { shared, held: Mutex::new(held) }))
    }

    /// Makes a call, and makes it again when the credential was renewed or replaced.
    pub async fn call<T, F>(&self, call: impl Fn(Account) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let (mut account, mut generation) = self.account().await?;
        for _ in 1..CREDENTIALS_MAX {
            match call(account).await {
                Err(error) if error.is_about_the_credential() => {
                    (account, generation) = self.succeed(generation, error).await?;
                }
                answer => return answer,
            }
        }
        let answer = call(account).await;
        if let Err(error) = &answer {
            self.shared.note_refusal(generation, error).await;
        }
        answer
    }

    /// Records that Campaign Monitor took the credential.
    pub async fn note_acceptance(&self) -> sqlx::Result<()> {
        let generation = self.held.lock().await.generation;
        let mut tx = self.shared.db.write().await?;
        store::set_verified(&mut tx, self.shared.id, generation, db::now()).await?;
        tx.commit().await
    }

    /// The account, with a token that has not ended. One that ends soon may still be used when it cannot be renewed.
    async fn account(&self) -> Result<(Account, i64), Error> {
        let mut held = self.held.lock().await;
        if held.ends_before(db::now() + EARLY) {
            match self.shared.renewed(&held).await {
                Err(Error::Unrenewed { .. }) if !held.ends_before(db::now()) => {}
                renewed => *held = renewed?,
            }
        }
        Ok((self.shared.account(&held), held.generation))
    }

    /// The account with what has taken the place of the refused credential, or why nothing has.
    async fn succeed(&self, refused: i64, error: Error) -> Result<(Account, i64), Error> {
        let mut held = self.held.lock().await;
        if held.generation == refused {
            *held = self.shared.successor(&held, error).await?;
        }
        Ok((self.shared.account(&held), held.generation))
    }
}

impl Shared {
    fn account(&self, held: &Held) -> Account {
        self.api.account(held.secret.credential())
    }

    async fn successor(self: &Arc<Self>, held: &Held, error: Error) -> Result<Held, Error> {
        let stored = self.stored().await.map_err(renewal::hindered)?;
        if let Some(stored) = stored.filter(|stored| stored.generation != held.generation) {
            return Ok(stored);
        }
        if error.is_expired_token() {
            return self.renewed(held).await;
        }
        self.note_refusal(held.generation, &error).await;
        Err(error)
    }

    /// The credential as it is stored now; `None` when the connection is gone.
    async fn stored(&self) -> anyhow::Result<Option<Held>> {
        let connection = store_oauth::reread(&mut self.db.read().await?, self.id).await?;
        Ok(connection.map(|connection| Held::of(&connection, &self.keys)).transpose()?.flatten())
    }

    /// Renewed tokens. A task of its own sees to that: a caller that goes away must not take a new refresh token
    /// along that nobody has stored.
    async fn renewed(self: &Arc<Self>, held: &Held) -> Result<Held, Error> {
        let renewal = renewal::renew(self.clone(), held.clone());
        let task = tokio::spawn(renewal.in_current_span());
        task.await.unwrap_or_else(|error| Err(renewal::hindered(error)))
    }

    /// Records that the credential of this generation is refused, if that is what `error` says. Should that fail, the
    /// next call finds out by itself.
    async fn note_refusal(&self, generation: i64, error: &Error) {
        if !error.is_about_the_credential() {
            return;
        }
        let noted = async {
            let mut tx = self.db.write().await?;
            refuse(&mut tx, self.id, generation, error).await?;
            tx.commit().await
        };
        match noted.await {
            Ok(()) => {
                tracing::warn!(connection.id = %self.id.0, error = %error, "Campaign Monitor refuses the credential");
            }
            Err(error) => {
                tracing::warn!(error = %error, "a refused credential could not be recorded");
            }
        }
    }
}

/// Records that Campaign Monitor refuses the credential of this generation, once, with an event in the audit.
pub(super) async fn refuse(
    tx: &mut Tx,
    id: ConnectionId,
    generation: i64,
    error: &Error,
) -> sqlx::Result<()> {
    let Some(new) = store::set_refused(tx, id, generation, &error.refusal()).await? else {
        return Ok(());
    };
    let old = Connection { refused_message: None, ..new.clone() };
    let author = Author::system(new.instance_id, Part::Session);
    audit::record(tx, &author, Action::ConnectionRefuse, Change::between(&old, &new)).await
}

impl Held {
    /// The credential of a connection, opened.
    pub fn of(connection: &Connection, keys: &Keys) -> Result<Option<Self>, secrets::Error> {
        let generation = connection.credential_generation;
        let expires_utc = connection.credential_expires_utc;
        Ok(connection.secret(keys)?.map(|secret| Self { secret, generation, expires_utc }))
    }

    fn ends_before(&self, time: Time) -> bool {
        self.expires_utc.is_some_and(|end| end < time)
    }
}
