//! The credential of a connection as it was read last, opened. Its generation says whether it was replaced since.

use super::connection::Connection;
use super::credential::Secret;
use crate::db::Time;
use crate::secrets::{self, Keys};

#[derive(Clone)]
pub(super) struct CurrentCredential {
    pub(super) secret: Secret,
    pub(super) generation: i64,
    expires_utc: Option<Time>,
    /// Why its refresh token was refused, so that it is asked for once.
    pub(super) grant_refused: Option<String>,
}

impl CurrentCredential {
    /// `None` when the connection has no credential.
    pub(super) fn of(connection: &Connection, keys: &Keys) -> Result<Option<Self>, secrets::Error> {
        let generation = connection.credential_generation;
        let expires_utc = connection.credential_expires_utc;
        let of = |secret| Self { secret, generation, expires_utc, grant_refused: None };
        Ok(connection.secret(keys)?.map(of))
    }

    pub(super) fn expires_before(&self, time: Time) -> bool {
        self.expires_utc.is_some_and(|end| end < time)
    }
}
