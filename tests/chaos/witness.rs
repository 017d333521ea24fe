//! PostgreSQL as a witness: who held which run when, and who wrote without holding it.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

/// A worker that was killed, and when.
pub struct Kill {
    pub process: String,
    pub at: DateTime<Utc>,
}

pub struct Witness(PgPool);

impl Witness {
    /// Sees everything from here on; the service has made its tables.
    pub async fn call(url: &str) -> Result<Self> {
        let pool = PgPoolOptions::new().max_connections(1).connect(url).await?;
        sqlx::raw_sql(include_str!("witness.sql")).execute(&pool).await?;
        Ok(Self(pool))
    }

    /// Claims and all other writes of workers, in sentences where the writer did not hold the run.
    pub async fn trespasses(&self) -> Result<Vec<String>> {
        let rows = sqlx::query_as::<_, (Uuid, i64, String, String, String)>(
            "SELECT run, fence, holder, process, what FROM witness_trespasses",
        );
        let sentence = |(run, fence, holder, process, what)| {
            format!("{process} wrote a {what} of {run}, which {holder} held (attempt {fence})")
        };
        Ok(rows.fetch_all(&self.0).await?.into_iter().map(sentence).collect())
    }

    /// For each run, the attempts that may have sent something without writing it.
    pub async fn lost_attempts(&self) -> Result<HashMap<Uuid, i64>> {
        let rows = sqlx::query_as(
            "SELECT run, COUNT(*) FROM witness_claims WHERE left_at IS NULL OR in_doubt GROUP BY run",
        );
        Ok(rows.fetch_all(&self.0).await?.into_iter().collect())
    }

    /// Whether an open run has been put aside for a while.
    pub async fn pausing(&self) -> Result<bool> {
        let query =
            "SELECT EXISTS (SELECT FROM runs WHERE status = 'queued' AND not_before > now())";
        Ok(sqlx::query_scalar(query).fetch_one(&self.0).await?)
    }

    /// The runs that have not ended, in sentences.
    pub async fn open(&self) -> Result<Vec<String>> {
        let rows = sqlx::query_scalar(
            "SELECT format('%s is %s: attempt %s, %s stalls, due since %s, held until %s, \
             in the queue since %s, %s', id,
                 status, fence, stalls, not_before, lease_until, pushed_at, reason) FROM runs WHERE end_utc IS NULL",
        );
        Ok(rows.fetch_all(&self.0).await?)
    }

    /// How long each run that a killed worker held was held by nobody.
    pub async fn takeovers(&self, kills: &[Kill]) -> Result<Vec<Duration>> {
        let mut found = Vec::new();
        for kill in kills {
            let rows = sqlx::query_scalar::<_, f64>(
                "SELECT EXTRACT(EPOCH FROM next.at - $2)::FLOAT8 FROM witness_claims AS held
                     JOIN witness_claims AS next ON next.run = held.run AND next.fence = held.fence + 1
                 WHERE held.process = $1 AND held.left_at IS NULL AND held.at < $2 AND next.at > $2",
            );
            let rows = rows.bind(&kill.process).bind(kill.at).fetch_all(&self.0).await?;
            found.extend(rows.into_iter().map(Duration::from_secs_f64));
        }
        found.sort();
        Ok(found)
    }
}
