//! Renews access tokens: one process at a time, so that no rotated refresh token is lost.
//!
//! The turn is a lease in the row of the connection, taken for one generation of its credential. Whoever has it calls
//! Campaign Monitor and stores what comes back in the place of that generation. The others wait until the generation
//! has risen, and use what the first one stored. No transaction is open during the call.
//! `docs/decisions/0010-one-process-renews-a-token.md` says what a crash in between does.

use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use secrecy::SecretString;
use tokio::time::sleep;

use super::session::{Held, Shared, refuse};
use super::{SealedCredential, Secret, store_oauth};
use crate::campaign_monitor::oauth::{TOKEN_CALL_MAX, Tokens};
use crate::campaign_monitor::{Disposition, Error};
use crate::db::{self, Time};
use crate::telemetry::measures;

/// How long a turn lasts: the call, and as long again and more to store what it brings.
const TURN: Duration = Duration::from_secs(4 * TOKEN_CALL_MAX.as_secs());
/// How often the others look whether the turn is over.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// New tokens exist in this process alone until they are stored, so that is tried for five minutes.
const STORE_TRIES: u32 = 300;
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Whose turn it is.
enum Turn {
    /// Ours, until then.
    Ours(Time),
    /// Another's.
    Theirs,
    /// Nobody's any more: this has taken the place of what was to be renewed.
    Over(Held),
}

/// Renews the tokens of `held`, or waits for whoever does.
pub(super) async fn renew(shared: Arc<Shared>, held: Held) -> Result<Held, Error> {
    let Secret::Tokens { refresh, .. } = &held.secret else {
        return Err(Error::Unrenewed { pause: None });
    };
    let mut has_waited = false;
    loop {
        match shared.turn(&held, has_waited).await? {
            Turn::Ours(until) => return shared.renew_until(until, &held, refresh).await,
            Turn::Theirs => sleep(LOOK_AGAIN).await,
            Turn::Over(newer) => return Ok(newer),
        }
        has_waited = true;
    }
}

/// A renewal that did not come about for a reason of ours: it may work later.
pub(super) fn hindered(error: impl Into<anyhow::Error>) -> Error {
    tracing::warn!(error = format!("{:#}", error.into()), "an access token could not be renewed");
    Error::Unrenewed { pause: None }
}

impl Shared {
    async fn turn(&self, held: &Held, has_waited: bool) -> Result<Turn, Error> {
        let connection = async { store_oauth::reread(&mut self.db.read().await?, self.id).await };
        let connection = connection.await.map_err(hindered)?;
        let connection = connection
            .ok_or_else(|| hindered(anyhow::anyhow!("the connection was removed meanwhile")))?;
        if connection.credential_generation != held.generation {
            let newer = Held::of(&connection, &self.keys).map_err(hindered)?;
            return newer.map(Turn::Over).ok_or(Error::Unrenewed { pause: None });
        }
        if has_waited && connection.refused_message.is_some() {
            return Err(Error::GrantRefused("refused to another process".into()));
        }
        self.take(held).await.map_err(hindered)
    }

    async fn take(&self, held: &Held) -> sqlx::Result<Turn> {
        let (now, mut tx) = (db::now(), self.db.write().await?);
        let until = now + TURN;
        let taken =
            store_oauth::take_renewal(&mut tx, self.id, held.generation, now, until).await?;
        tx.commit().await?;
        Ok(if taken { Turn::Ours(until) } else { Turn::Theirs })
    }

    /// Calls Campaign Monitor, and keeps what comes back or gives the turn back.
    async fn renew_until(
        &self,
        until: Time,
        held: &Held,
        refresh: &SecretString,
    ) -> Result<Held, Error> {
        let asked_at = db::now();
        let answer = self.api.renew(refresh).await;
        let outcome = match &answer {
            Ok(_) => "renewed",
            Err(Error::GrantRefused(_)) => "refused",
            Err(_) => "failed",
        };
        counter!(measures::TOKEN_RENEWALS, "outcome" => outcome).increment(1);
        tracing::info!(connection.id = %self.id.0, outcome, "asked for a new access token");
        match answer {
            Ok(tokens) => self.keep(held, &tokens, asked_at).await,
            Err(error) => self.leave(until, held, error).await,
        }
    }

    async fn keep(&self, held: &Held, tokens: &Tokens, now: Time) -> Result<Held, Error> {
        for _ in 0..STORE_TRIES {
            match self.store(held, tokens, now).await {
                Ok(kept) => return kept.ok_or(Error::Unrenewed { pause: None }),
                Err(error) => tracing::error!(
                    error = format!("{error:#}"),
                    "renewed tokens could not be stored; trying again"
                ),
            }
            sleep(STORE_PAUSE).await;
        }
        Err(hindered(anyhow::anyhow!("the renewed tokens were given up; somebody must sign in")))
    }

    /// Stores tokens in the place of those of `held`, unless something newer is there; returns what is there then.
    async fn store(&self, held: &Held, tokens: &Tokens, now: Time) -> anyhow::Result<Option<Held>> {
        let mut tx = self.db.write().await?;
        let Some(connection) = store_oauth::reread(&mut tx, self.id).await? else {
            return Ok(None);
        };
        let sealed =
            SealedCredential::tokens(tokens, &self.keys, connection.instance_id, self.id, now)?;
        store_oauth::renew(&mut tx, self.id, held.generation, &sealed).await?;
        let connection = store_oauth::reread(&mut tx, self.id).await?;
        tx.commit().await?;
        Ok(connection.map(|connection| Held::of(&connection, &self.keys)).transpose()?.flatten())
    }

    /// Gives the turn back without new tokens. A refusal is recorded with it, unless something newer is there: somebody
    /// whose turn ran out before ours may have renewed after all.
    async fn leave(&self, until: Time, held: &Held, error: Error) -> Result<Held, Error> {
        let is_refused = matches!(error, Error::GrantRefused(_));
        let left = async {
            let mut tx = self.db.write().await?;
            if is_refused {
                refuse(&mut tx, self.id, held.generation, &error).await?;
            }
            store_oauth::give_renewal_back(&mut tx, self.id, until).await?;
            let connection = store_oauth::reread(&mut tx, self.id).await?;
            tx.commit().await?;
            anyhow::Ok(connection.map(|row| Held::of(&row, &self.keys)).transpose()?.flatten())
        };
        let stored = left.await.map_err(hindered)?;
        match (stored.filter(|stored| stored.generation != held.generation), error.disposition()) {
            (Some(newer), _) => Ok(newer),
            (None, Disposition::Retry(pause)) => Err(Error::Unrenewed { pause }),
            (None, _) if is_refused => Err(error),
            (None, _) => Err(Error::Unrenewed { pause: None }),
        }
    }
}
