//! Calls Campaign Monitor with the credential of a connection, as it is at the moment. The worker and the API both do.
//!
//! An access token is renewed before it ends, and when Campaign Monitor says that it has ended (code 121). A credential
//! that is rejected may have been replaced meanwhile, by another process that renewed it or an administrator who signed
//! in: then the call is made once more with the new one. Only what is rejected and not replaced is recorded as such.

use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::Mutex;

use super::connection::Connection;
use super::current::CurrentCredential;
use super::refusal::record_refusal;
use super::renewal::{Renewer, postponed};
use super::store;
use crate::app::App;
use crate::campaign_monitor::{Account, CampaignMonitor, CustomField, Error, List};
use crate::db;
use crate::secrets;

/// A token is renewed so long before it ends: longer than clocks differ and a call waits.
const EARLY: TimeDelta = TimeDelta::minutes(1);
/// Credentials that a call is tried with: the one that was read last, one that another process stored since, which
/// may have ended too, and a renewed one.
const CREDENTIALS_MAX: u32 = 3;

/// Calls with the credential of a connection.
pub struct AccountSession {
    /// Outlives a caller that is dropped.
    renewer: Arc<Renewer>,
    current: Mutex<CurrentCredential>,
}

impl AccountSession {
    /// Calls `connection` by way of `api`; `None` when it has no credential.
    pub fn open(
        app: &App,
        api: &CampaignMonitor,
        connection: &Connection,
    ) -> Result<Option<Self>, secrets::Error> {
        let (db, keys, api) = (app.db.clone(), app.keys.clone(), api.clone());
        let current = CurrentCredential::of(connection, &keys)?;
        let renewer = Arc::new(Renewer { db, keys, api, id: connection.id });
        Ok(current.map(|current| Self { renewer, current: Mutex::new(current) }))
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
                    (account, generation) = self.replace(generation, error).await?;
                }
                answer => return answer,
            }
        }
        let answer = call(account).await;
        if let Err(error) = &answer {
            self.note_refusal(generation, error).await;
        }
        answer
    }

    /// Both at once, in one time to wait.
    pub(crate) async fn list_and_fields(
        &self,
        list: &str,
    ) -> Result<(List, Vec<CustomField>), Error> {
        let found = self.call(|account| async move {
            futures::try_join!(account.list(list), account.custom_fields(list))
        });
        found.await
    }

    /// Records that Campaign Monitor accepted the credential.
    pub async fn note_acceptance(&self) -> sqlx::Result<()> {
        let generation = self.current.lock().await.generation;
        let mut tx = self.renewer.db.write().await?;
        store::set_verified(&mut tx, self.renewer.id, generation, db::now()).await?;
        tx.commit().await
    }

    /// The account, with a token that has not ended. One that ends soon may still be used when it cannot be renewed.
    async fn account(&self) -> Result<(Account, i64), Error> {
        let mut current = self.current.lock().await;
        if current.expires_before(db::now() + EARLY) {
            match self.renewed(&mut current).await {
                Err(Error::Unrenewed { .. }) if !current.expires_before(db::now()) => {}
                renewed => *current = renewed?,
            }
        }
        Ok(self.account_of(&current))
    }

    /// The account with the credential that replaced the rejected one, or why nothing has.
    async fn replace(&self, refused: i64, error: Error) -> Result<(Account, i64), Error> {
        let mut current = self.current.lock().await;
        if current.generation == refused {
            *current = self.successor(&mut current, error).await?;
        }
        Ok(self.account_of(&current))
    }

    fn account_of(&self, current: &CurrentCredential) -> (Account, i64) {
        (self.renewer.api.account(current.secret.credential()), current.generation)
    }

    /// Renewed tokens, unless that was refused before.
    async fn renewed(&self, current: &mut CurrentCredential) -> Result<CurrentCredential, Error> {
        if let Some(why) = &current.grant_refused {
            return Err(Error::GrantRefused(why.clone()));
        }
        let renewed = self.renewer.renewed(current).await;
        if let Err(Error::GrantRefused(why)) = &renewed {
            current.grant_refused = Some(why.clone());
        }
        renewed
    }

    async fn successor(
        &self,
        current: &mut CurrentCredential,
        error: Error,
    ) -> Result<CurrentCredential, Error> {
        let stored = self.renewer.stored().await.map_err(postponed)?;
        if let Some(stored) = stored.filter(|stored| stored.generation != current.generation) {
            return Ok(stored);
        }
        if error.is_expired_token() {
            return self.renewed(current).await;
        }
        self.note_refusal(current.generation, &error).await;
        Err(error)
    }

    /// Records that the credential of this generation is rejected, if that is what `error` says. Should that fail, the
    /// next call finds out by itself.
    async fn note_refusal(&self, generation: i64, error: &Error) {
        if !error.is_about_the_credential() {
            return;
        }
        let id = self.renewer.id;
        let noted = async {
            let mut tx = self.renewer.db.write().await?;
            record_refusal(&mut tx, id, generation, error).await?;
            tx.commit().await
        };
        match noted.await {
            Ok(()) => {
                tracing::warn!(connection.id = %id.0, error = %error, "Campaign Monitor rejects the credential");
            }
            Err(error) => {
                tracing::warn!(error = %error, "a rejected credential could not be recorded");
            }
        }
    }
}
