//! What the service is run on.

use std::path::Path;

use anyhow::Result;
use uuid::Uuid;

use crate::cluster::services::{Postgres, Redis};

/// A database and a queue.
pub enum Engines {
    /// A new SQLite for every process, and the queue in it.
    Embedded,
    /// A PostgreSQL that writes to disk, and a Redis, on this machine.
    Production(Box<Servers>),
}

/// What production keeps its data in.
pub struct Servers {
    pub postgres: Postgres,
    pub redis: Redis,
}

impl Engines {
    /// Starts those of production in `folder`.
    pub async fn production(folder: &Path) -> Result<Self> {
        let folder = folder.join("engines");
        std::fs::create_dir(&folder)?;
        let (postgres, redis) = (Postgres::start(&folder).await?, Redis::start().await?);
        Ok(Self::Production(Box::new(Servers { postgres, redis })))
    }

    /// Their names, for the tables.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Production(_) => "PostgreSQL, Redis",
        }
    }

    /// The settings that name them to a process.
    pub fn settings(&self, folder: &Path) -> Vec<String> {
        match self {
            Self::Embedded => {
                let file = folder.join(format!("{}.db", Uuid::now_v7()));
                vec!["--database-url".to_owned(), format!("sqlite://{}", file.display())]
            }
            Self::Production(servers) => {
                let (database, queue) = (servers.postgres.url(), servers.redis.url());
                vec!["--database-url".into(), database, "--redis-url".into(), queue]
            }
        }
    }
}
