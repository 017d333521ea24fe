//! Commits transactions, and adds to the chain what they have for it.

use std::mem;
use std::sync::atomic::Ordering;

use sqlx::Result;

use super::chain::link::{Head, Link};
use super::chain::store;
use super::database::Db;
use super::handle::{Chain, ReadHandle, WriteHandle};
use super::time::now;
use crate::secrets::Keys;

impl WriteHandle {
    /// Without it, nothing done in this transaction stays.
    pub async fn commit(mut self) -> Result<()> {
        let added = if self.entries.is_empty() { None } else { Some(self.add_links().await?) };
        match self.session {
            ReadHandle::Sqlite(session) => session.commit().await?,
            ReadHandle::Postgres(session) => session.commit().await?,
        }
        if let Some(head) = added {
            self.chain.known.fetch_max(head.position, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Returns the new end of the chain.
    async fn add_links(&mut self) -> Result<Head> {
        let keys = self.keys()?;
        let mut head = store::lock_head(self).await?;
        self.compare(&head);
        let mut links = vec![];
        if head.position == 0 {
            links.push(Link::mark(&keys, &head, now()));
        }
        for entry in mem::take(&mut self.entries) {
            let last = links.last().map_or_else(|| head.clone(), Link::head);
            links.push(Link::of(&keys, &last, entry, now()));
        }
        head = links.last().map_or(head, Link::head);
        store::insert(self, &links).await?;
        store::set_head(self, &head).await?;
        Ok(head)
    }

    /// The keys that mark links.
    pub(crate) fn keys(&self) -> Result<Keys> {
        self.chain.keys()
    }

    /// Only who writes to the database beside this service can take the end of the chain away.
    fn compare(&self, head: &Head) {
        let known = self.chain.known.fetch_min(head.position, Ordering::Relaxed);
        if head.position < known {
            let (found, lost) = (head.position, known);
            tracing::error!(
                found,
                lost,
                "the end of the audit chain is gone: the audit was tampered with, or restored"
            );
        }
    }
}

impl Chain {
    fn keys(&self) -> Result<Keys> {
        let missing = "the database was opened without keys for its chain";
        self.keys.clone().ok_or_else(|| sqlx::Error::Configuration(missing.into()))
    }
}

impl Db {
    /// Begins the chain, or marks its end with the newest key, so that a key that is no longer the newest may be
    /// removed from the settings.
    pub async fn mark_chain(&self) -> Result<()> {
        let mut tx = self.write().await?;
        let (keys, head) = (tx.keys()?, store::lock_head(&mut tx).await?);
        if store::newest_key(&mut tx).await?.as_deref() != Some(keys.newest_id()) {
            let is_adopting = head.position == 0 && store::has_events(&mut tx).await?;
            let link = if is_adopting {
                Link::adopting(&keys, now())
            } else {
                Link::mark(&keys, &head, now())
            };
            store::insert(&mut tx, std::slice::from_ref(&link)).await?;
            store::set_head(&mut tx, &link.head()).await?;
        }
        tx.commit().await
    }
}
