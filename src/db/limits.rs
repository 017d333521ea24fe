//! Limits of the connections to the database.

use std::time::Duration;

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
}
