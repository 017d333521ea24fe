//! An erasure at a worker, and the people whom it seeks.

use std::sync::Arc;

use crate::app::App;
use crate::db::WriteHandle;
use crate::erasures::{Erasure, People, Site, Sought, store_sites, store_work};
use crate::storage::IsSought;

/// Another worker has the erasure: nothing may be written of it any more.
#[derive(Debug, thiserror::Error)]
#[error("another worker has the erasure")]
pub struct ErasureLost;

/// An erasure that this worker has claimed.
pub struct ErasingJob {
    pub app: Arc<App>,
    /// As it was claimed; the steps through the lists are kept up to date.
    pub erasure: Erasure,
    pub people: People,
    pub sought: Arc<Sought>,
}

impl ErasingJob {
    /// Fails when the settings lack the key that sealed who the people are.
    pub fn open(app: Arc<App>, erasure: Erasure) -> anyhow::Result<Self> {
        let people = erasure.opened(&app.keys)?;
        let sought = Arc::new(Sought::of(&people));
        Ok(Self { app, erasure, people, sought })
    }

    /// The people, as the storage seeks them.
    pub fn is_sought(&self) -> IsSought {
        let sought = self.sought.clone();
        Arc::new(
            move |text: &str, is_id: bool| {
                if is_id { sought.is_id(text) } else { sought.is_address(text) }
            },
        )
    }

    /// A transaction about this erasure, as long as it is this worker's.
    pub async fn write(&self) -> anyhow::Result<WriteHandle> {
        let mut tx = self.app.db.write().await?;
        if !store_work::is_ours(&mut tx, self.erasure.lease()).await? {
            return Err(ErasureLost.into());
        }
        Ok(tx)
    }

    /// Counts what was found and removed, in the transaction that removes it.
    pub async fn count(
        &self,
        tx: &mut WriteHandle,
        site: Site,
        found: i64,
        removed: i64,
    ) -> sqlx::Result<()> {
        store_sites::add(tx, self.erasure.id, site, found, removed).await
    }
}
