//! Why nothing can run over a connection: callers of the API get it as a problem, a run as its reason.

use super::connection::{Connection, ConnectionStatus};

/// Why nothing can run over a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// Nobody has given it credentials yet.
    NoCredentials,
    /// The destination rejects its credentials, with this message.
    CredentialsRefused(String),
    /// No administrator has added themselves as export user.
    NoExportUser,
}

impl Connection {
    /// Why nothing can run over it; `None` when it is connected.
    #[must_use]
    pub(crate) fn unusable(&self) -> Option<Unusable> {
        match self.status() {
            ConnectionStatus::Connected => None,
            ConnectionStatus::PendingAuthentication => Some(Unusable::NoCredentials),
            ConnectionStatus::PendingExportUser => Some(Unusable::NoExportUser),
            ConnectionStatus::NeedsAttention => {
                let message = self.refused_message.clone().unwrap_or_default();
                Some(Unusable::CredentialsRefused(message))
            }
        }
    }
}
