//! Renews access tokens: one process at a time, so that no rotated refresh token is lost.
//!
//! A process first takes a lease in the row of the connection, for one generation of its credential. It then calls
//! Campaign Monitor and stores the new tokens in place of that generation. The others wait until the generation
//! has risen, and use what the first one stored. No transaction is open during the call.
//! `docs/decisions/0010-one-process-renews-a-token.md` says what a crash in between does.

use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use secrecy::SecretString;
use tokio::time::sleep;
use tracing::Instrument;

use super::credential::{SealedCredential, Secret};
use super::current::CurrentCredential;
use super::refusal::record_refusal;
use super::store_oauth;
use crate::campaign_monitor::oauth::{TOKEN_CALL_MAX, Tokens};
use crate::campaign_monitor::{CampaignMonitor, Disposition, Error};
use crate::db::{self, Db, Time};
use crate::names::ConnectionId;
use crate::secrets::Keys;
use crate::telemetry::measures;

/// The call may take a quarter of it; the rest is for storing the tokens.
const LEASE: Duration = Duration::from_secs(4 * TOKEN_CALL_MAX.as_secs());
/// How often the other processes check whether the renewal has ended.
const POLL_EVERY: Duration = Duration::from_millis(100);
/// New tokens exist in this process alone until they are stored, so that is tried for five minutes.
const STORE_TRIES: u32 = 300;
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Renews the tokens of one connection.
pub(super) struct Renewer {
    pub(super) db: Db,
    pub(super) keys: Keys,
    pub(super) api: CampaignMonitor,
    pub(super) id: ConnectionId,
}

/// Which process renews a generation of tokens.
enum RenewalLease {
    /// This one, until that time.
    Ours(Time),
    Theirs,
    /// No process any more: this credential has replaced the one to be renewed.
    Over(CurrentCredential),
}

/// As the metric and the log name it.
#[derive(Clone, Copy)]
enum RenewalOutcome {
    Renewed,
    Refused,
    Failed,
}

/// Every outcome is counted from the start, at zero.
pub(crate) fn start_counting() {
    for outcome in RenewalOutcome::ALL {
        outcome.count(0);
    }
}

impl RenewalOutcome {
    const ALL: [Self; 3] = [Self::Renewed, Self::Refused, Self::Failed];

    fn count(self, renewals: u64) {
        counter!(measures::TOKEN_RENEWALS, "outcome" => self.word()).increment(renewals);
    }

    const fn of(answer: &Result<Tokens, Error>) -> Self {
        match answer {
            Ok(_) => Self::Renewed,
            Err(Error::GrantRefused(_)) => Self::Refused,
            Err(_) => Self::Failed,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Renewed => "renewed",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// A renewal that failed for a reason on our side: it may work later.
pub(super) fn postponed(error: impl Into<anyhow::Error>) -> Error {
    tracing::warn!(error = format!("{:#}", error.into()), "an access token could not be renewed");
    Error::Unrenewed { pause: None }
}

impl Renewer {
    /// The credential as it is stored now; `None` when the connection was removed.
    pub(super) async fn stored(&self) -> anyhow::Result<Option<CurrentCredential>> {
        let connection = store_oauth::reread(&mut self.db.read().await?, self.id).await?;
        let current = connection.map(|connection| CurrentCredential::of(&connection, &self.keys));
        Ok(current.transpose()?.flatten())
    }

    /// Renewed tokens. The renewal is a task of its own: when the caller is dropped, the new refresh token must still
    /// be stored.
    pub(super) async fn renewed(
        self: &Arc<Self>,
        current: &CurrentCredential,
    ) -> Result<CurrentCredential, Error> {
        let renewal = self.clone().renew(current.clone());
        let task = tokio::spawn(renewal.in_current_span());
        task.await.unwrap_or_else(|error| Err(postponed(error)))
    }

    /// Renews the tokens, or waits for the process that does.
    async fn renew(
        self: Arc<Self>,
        current: CurrentCredential,
    ) -> Result<CurrentCredential, Error> {
        let Secret::Tokens { refresh, .. } = &current.secret else {
            return Err(Error::Unrenewed { pause: None });
        };
        let mut has_waited = false;
        loop {
            match self.lease(&current, has_waited).await? {
                RenewalLease::Ours(until) => {
                    return self.renew_until(until, &current, refresh).await;
                }
                RenewalLease::Theirs => sleep(POLL_EVERY).await,
                RenewalLease::Over(newer) => return Ok(newer),
            }
            has_waited = true;
        }
    }

    async fn lease(
        &self,
        current: &CurrentCredential,
        has_waited: bool,
    ) -> Result<RenewalLease, Error> {
        let connection = async { store_oauth::reread(&mut self.db.read().await?, self.id).await };
        let connection = connection.await.map_err(postponed)?;
        let connection = connection
            .ok_or_else(|| postponed(anyhow::anyhow!("the connection was removed meanwhile")))?;
        if connection.credential_generation != current.generation {
            let newer = CurrentCredential::of(&connection, &self.keys).map_err(postponed)?;
            return newer.map(RenewalLease::Over).ok_or(Error::Unrenewed { pause: None });
        }
        if has_waited && connection.refused_message.is_some() {
            return Err(Error::GrantRefused("refused to another process".into()));
        }
        self.take_lease(current).await.map_err(postponed)
    }

    async fn take_lease(&self, current: &CurrentCredential) -> sqlx::Result<RenewalLease> {
        let (now, mut tx) = (db::now(), self.db.write().await?);
        let until = now + LEASE;
        let generation = current.generation;
        let taken = store_oauth::lease_renewal(&mut tx, self.id, generation, now, until).await?;
        tx.commit().await?;
        Ok(if taken { RenewalLease::Ours(until) } else { RenewalLease::Theirs })
    }

    /// Calls Campaign Monitor, and stores the new tokens or releases the lease.
    async fn renew_until(
        &self,
        until: Time,
        current: &CurrentCredential,
        refresh: &SecretString,
    ) -> Result<CurrentCredential, Error> {
        let asked_at = db::now();
        let answer = self.api.renew(refresh).await;
        let outcome = RenewalOutcome::of(&answer);
        outcome.count(1);
        let outcome = outcome.word();
        tracing::info!(connection.id = %self.id.0, outcome, "asked for a new access token");
        match answer {
            Ok(tokens) => self.keep(current, &tokens, asked_at).await,
            Err(error) => self.release(until, current, error).await,
        }
    }

    async fn keep(
        &self,
        current: &CurrentCredential,
        tokens: &Tokens,
        now: Time,
    ) -> Result<CurrentCredential, Error> {
        for _ in 0..STORE_TRIES {
            match self.store(current, tokens, now).await {
                Ok(kept) => return kept.ok_or(Error::Unrenewed { pause: None }),
                Err(error) => tracing::error!(
                    error = format!("{error:#}"),
                    "renewed tokens could not be stored; trying again"
                ),
            }
            sleep(STORE_PAUSE).await;
        }
        Err(postponed(anyhow::anyhow!(
            "the renewed tokens could not be stored and are lost; an administrator must sign in again"
        )))
    }

    /// Replaces the tokens of `current`, unless something newer is stored; returns what is stored then.
    async fn store(
        &self,
        current: &CurrentCredential,
        tokens: &Tokens,
        now: Time,
    ) -> anyhow::Result<Option<CurrentCredential>> {
        let mut tx = self.db.write().await?;
        let Some(connection) = store_oauth::reread(&mut tx, self.id).await? else {
            return Ok(None);
        };
        let sealed =
            SealedCredential::tokens(tokens, &self.keys, connection.instance_id, self.id, now)?;
        store_oauth::renew(&mut tx, self.id, current.generation, &sealed).await?;
        let connection = store_oauth::reread(&mut tx, self.id).await?;
        tx.commit().await?;
        let stored = connection.map(|connection| CurrentCredential::of(&connection, &self.keys));
        Ok(stored.transpose()?.flatten())
    }

    /// Releases the lease without new tokens. A refusal is recorded with it, unless something newer is stored: a
    /// process whose lease ended before ours may have renewed the tokens after all.
    async fn release(
        &self,
        until: Time,
        current: &CurrentCredential,
        error: Error,
    ) -> Result<CurrentCredential, Error> {
        let is_refused = matches!(error, Error::GrantRefused(_));
        let released = async {
            let mut tx = self.db.write().await?;
            if is_refused {
                record_refusal(&mut tx, self.id, current.generation, &error).await?;
            }
            store_oauth::release_renewal(&mut tx, self.id, until).await?;
            let connection = store_oauth::reread(&mut tx, self.id).await?;
            tx.commit().await?;
            let stored = connection.map(|row| CurrentCredential::of(&row, &self.keys));
            anyhow::Ok(stored.transpose()?.flatten())
        };
        let stored = released.await.map_err(postponed)?;
        let newer = stored.filter(|stored| stored.generation != current.generation);
        match (newer, error.disposition()) {
            (Some(newer), _) => Ok(newer),
            (None, Disposition::Retry(pause)) => Err(Error::Unrenewed { pause }),
            (None, _) if is_refused => Err(error),
            (None, _) => Err(Error::Unrenewed { pause: None }),
        }
    }
}
