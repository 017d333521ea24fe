//! A link of the chain, and what its hash covers.

use std::fmt;
use std::str::FromStr;

use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::db::time::Time;
use crate::secrets::Keys;

/// The digest of a first link that allows events from before it.
const ADOPTING: &str = "adopting";

/// What a link proves, in the words of its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum LinkKind {
    /// That the chain begins here, or all that comes before, with the key that is the newest from here on.
    Mark,
    /// An event that was written in the same transaction.
    Event,
    /// An event that a version wrote which knows no chain.
    Adopted,
    /// What retention has removed, so that it is not missed.
    Removal,
}

/// What a transaction adds to the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An event that is written in this transaction, or was written by a version that knows no chain.
    Event {
        /// As in `audit_events`.
        id: Uuid,
        /// When it happened.
        at: Time,
        /// `digest` of its canonical form.
        digest: String,
        /// Whether an older version wrote it.
        is_adopted: bool,
    },
    /// What retention removes in this transaction.
    Removal(Removal),
}

/// The chain is verified from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Events from before this time may be missing.
    pub before: Time,
    /// The newest removed link.
    pub through: Head,
}

/// The end of the chain, or of a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Head {
    /// From 1; 0 before the first link.
    pub position: i64,
    /// SHA-256 in hexadecimal; empty before the first link.
    pub hash: String,
}

/// As `audit verify` prints and reads it: `position:hash`.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.position, self.hash)
    }
}

impl FromStr for Head {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = "a head is `position:hash`, as `audit verify` prints it";
        let (position, hash) = text.split_once(':').ok_or(malformed)?;
        let position = position.parse().map_err(|_| malformed)?;
        Ok(Self { position, hash: hash.to_owned() })
    }
}

/// A link, as it is stored. The columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Link {
    pub position: i64,
    pub kind: LinkKind,
    pub event_id: Option<Uuid>,
    pub occurred_utc: Time,
    pub digest: String,
    pub removed_before: Option<Time>,
    pub removed_position: Option<i64>,
    pub removed_hash: Option<String>,
    pub hash: String,
    pub key_id: String,
    pub mark: String,
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

impl Link {
    /// The first link of a chain, or of a key.
    pub(in crate::db) fn mark(keys: &Keys, head: &Head, now: Time) -> Self {
        Self::unsealed(LinkKind::Mark, now).sealed(keys, head)
    }

    /// The first link of a chain that begins in a database which has events already.
    pub(in crate::db) fn adopting(keys: &Keys, now: Time) -> Self {
        let digest = ADOPTING.to_owned();
        Self { digest, ..Self::unsealed(LinkKind::Mark, now) }.sealed(keys, &Head::default())
    }

    /// Whether the chain began in a database that had events already.
    #[must_use]
    pub fn is_adopting(&self) -> bool {
        self.kind == LinkKind::Mark && self.digest == ADOPTING
    }

    /// Whether it is the next link after `head`. Only its mark shows who made it.
    #[must_use]
    pub fn follows(&self, head: &Head) -> bool {
        self.position == head.position + 1 && self.hash == self.hash_after(&head.hash)
    }

    /// The link that adds `entry` after `head`.
    pub(in crate::db) fn of(keys: &Keys, head: &Head, entry: Entry, now: Time) -> Self {
        let link = match entry {
            Entry::Event { id, at, digest, is_adopted } => {
                let kind = if is_adopted { LinkKind::Adopted } else { LinkKind::Event };
                Self { event_id: Some(id), digest, ..Self::unsealed(kind, at) }
            }
            Entry::Removal(Removal { before, through }) => Self {
                removed_before: Some(before),
                removed_position: Some(through.position),
                removed_hash: Some(through.hash),
                ..Self::unsealed(LinkKind::Removal, now)
            },
        };
        link.sealed(keys, head)
    }

    fn unsealed(kind: LinkKind, occurred_utc: Time) -> Self {
        Self {
            position: 0,
            kind,
            event_id: None,
            occurred_utc,
            digest: String::new(),
            removed_before: None,
            removed_position: None,
            removed_hash: None,
            hash: String::new(),
            key_id: String::new(),
            mark: String::new(),
        }
    }

    fn sealed(mut self, keys: &Keys, head: &Head) -> Self {
        self.position = head.position + 1;
        keys.newest_id().clone_into(&mut self.key_id);
        self.hash = self.hash_after(&head.hash);
        self.mark = keys.mark(&self.hash);
        self
    }

    /// The hash that this link must have after one with the hash `previous`. It covers every column but the hash and
    /// its mark.
    #[must_use]
    pub fn hash_after(&self, previous: &str) -> String {
        let Self { position, kind, event_id, occurred_utc, digest: of_event, key_id, .. } = self;
        let before = self.removed_before.map(|time| time.timestamp_micros());
        let (through, hash) = (self.removed_position, &self.removed_hash);
        let time = occurred_utc.timestamp_micros();
        let (kind, removal) = (format!("{kind:?}"), json!([before, through, hash]));
        let link = json!([1, previous, position, kind, event_id, time, of_event, removal, key_id]);
        digest(&link.to_string())
    }

    /// This link as the end of the chain.
    #[must_use]
    pub fn head(&self) -> Head {
        Head { position: self.position, hash: self.hash.clone() }
    }

    /// What it says that retention has removed.
    #[must_use]
    pub fn removal(&self) -> Option<Removal> {
        let through = Head { position: self.removed_position?, hash: self.removed_hash.clone()? };
        Some(Removal { before: self.removed_before?, through })
    }
}
