//! Limits of the connections to the database, and how long one of them is a session of the server.

use std::time::Duration;

use clap::ValueEnum;

/// How many connections a process holds, and how long it waits.
#[derive(Clone, Copy, Debug)]
pub struct DatabaseLimits {
    /// The most connections to `PostgreSQL`.
    pub connections: u32,
    /// How long to wait for a connection of the pool or for a lock, and how long a transaction may leave others waiting
    /// while it does nothing.
    pub wait: Duration,
    /// How long `PostgreSQL` may work on a statement. It counts as unavailable when it does not respond for longer than
    /// this and `wait` together.
    pub statement: Duration,
    /// How long a connection to `PostgreSQL` is one session.
    pub pool_mode: PoolMode,
}

/// For how long a connection to `PostgreSQL` is the same session of the server: `pool_mode` of `PgBouncer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PoolMode {
    /// Until it closes: without a pooler, or with one in session mode.
    Session,
    /// For one transaction: a pooler in transaction mode. Nothing is kept from one transaction to the next, and every
    /// read is a transaction.
    Transaction,
}

impl DatabaseLimits {
    /// What a new connection begins with, so that the server ends what takes too long. Statements, and not parameters
    /// of the start, which `PgBouncer` rejects.
    pub(super) fn of_session(&self) -> Option<String> {
        match self.pool_mode {
            PoolMode::Session => Some(format!("{}; {}", self.patience("SET"), self.idle("SET"))),
            PoolMode::Transaction => None,
        }
    }

    /// What a session that only reads begins with.
    pub(super) fn before_reads(&self) -> Option<String> {
        match self.pool_mode {
            PoolMode::Session => None,
            PoolMode::Transaction => {
                Some(format!("BEGIN READ ONLY; {}", self.patience("SET LOCAL")))
            }
        }
    }

    /// What a transaction that writes begins with.
    pub(super) fn before_writes(&self) -> String {
        let local = "SET LOCAL";
        match self.pool_mode {
            PoolMode::Session => "BEGIN".to_owned(),
            PoolMode::Transaction => {
                format!("BEGIN; {}; {}", self.patience(local), self.idle(local))
            }
        }
    }

    fn patience(&self, set: &str) -> String {
        let (statement, lock) = (self.statement.as_millis(), self.wait.as_millis());
        format!("{set} statement_timeout = {statement}; {set} lock_timeout = {lock}")
    }

    /// A process that is paused or cut off within a transaction would block its run for all others.
    fn idle(&self, set: &str) -> String {
        format!("{set} idle_in_transaction_session_timeout = {}", self.wait.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pooler_in_transaction_mode_is_told_with_each_transaction_and_others_once() {
        let limits = |pool_mode| DatabaseLimits {
            connections: 1,
            wait: Duration::from_secs(5),
            statement: Duration::from_secs(30),
            pool_mode,
        };
        let session = limits(PoolMode::Session);
        let once = session.of_session().unwrap();
        assert!(
            once.starts_with("SET statement_timeout = 30000; SET lock_timeout = 5000"),
            "{once}"
        );
        assert_eq!((session.before_reads(), &*session.before_writes()), (None, "BEGIN"));

        let transaction = limits(PoolMode::Transaction);
        assert_eq!(transaction.of_session(), None);
        let writes = transaction.before_writes();
        assert!(writes.starts_with("BEGIN; SET LOCAL statement_timeout = 30000;"), "{writes}");
        assert!(transaction.before_reads().unwrap().starts_with("BEGIN READ ONLY; SET LOCAL"));
    }
}
