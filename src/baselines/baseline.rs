//! A baseline, as the table has it.

use sqlx::types::Json;
use uuid::Uuid;

use super::error::Error;
use super::member::key;
use crate::db::Time;
use crate::names::{ExportId, RunId};
use crate::storage::{BASELINES, OwnObject};

/// What Campaign Monitor last acknowledged of every member of an export, on one list. The columns are explained in the
/// migration.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Baseline {
    /// The export whose members these are.
    pub export_id: ExportId,
    /// The list at Campaign Monitor.
    pub list_id: String,
    /// The instance of the export.
    pub instance_id: Uuid,
    /// Makes the keys of addresses; random, and the same as long as the baseline lives.
    pub seed: i64,
    /// How records are made, in a form that the caller decides: hashes of another form cannot be compared.
    pub fingerprint: String,
    /// Rises by one each time it is stored; 0 before the first time.
    pub version: i64,
    /// Oldest first; the newest row of a member counts.
    pub layers: Json<Vec<OwnObject>>,
    /// How many members there are.
    pub members: i64,
    /// The run that was folded in last.
    pub run_id: RunId,
    /// When it was stored last.
    pub updated_utc: Time,
    /// Whether somebody emptied the list since, so that it has fewer people than are known here.
    pub list_emptied: bool,
}

impl Baseline {
    /// A baseline without members, which is not stored yet.
    #[must_use]
    pub fn new(
        instance_id: Uuid,
        export_id: ExportId,
        list_id: &str,
        fingerprint: &str,
        run_id: RunId,
        now: Time,
    ) -> Self {
        Self {
            export_id,
            list_id: list_id.to_owned(),
            instance_id,
            seed: rand::random(),
            fingerprint: fingerprint.to_owned(),
            version: 0,
            layers: Json(vec![]),
            members: 0,
            run_id,
            updated_utc: now,
            list_emptied: false,
        }
    }

    /// The same without members, to fold into it only those who stay.
    #[must_use]
    pub fn without_members(&self) -> Self {
        Self { layers: Json(vec![]), members: 0, ..self.clone() }
    }

    /// Whether it knows of the last run that sent somebody, or is already that of this run. Else people may be on the
    /// list, or off it, of whom it does not know.
    #[must_use]
    pub fn is_trusted(&self, last: Option<RunId>, this: RunId) -> bool {
        self.run_id == this || last.is_none_or(|last| last == self.run_id)
    }

    /// The key by which an address is found in the index.
    #[must_use]
    pub fn key(&self, address: &str) -> u64 {
        key(address, self.seed())
    }

    /// The table and the layers have the same number of members, or one of them is not of this version.
    pub(super) fn check_members(&self, found: usize) -> Result<(), Error> {
        if i64::try_from(found) == Ok(self.members) {
            return Ok(());
        }
        Err(Error::damaged(self.layers.first().map_or("", |base| base.path.as_str())))
    }

    pub(super) const fn seed(&self) -> u64 {
        self.seed.cast_unsigned()
    }

    /// A path for the next object.
    pub(super) fn new_path(&self) -> String {
        let (instance, export) = (self.instance_id, self.export_id.0);
        format!("{BASELINES}/{instance}/{export}/{}.parquet", Uuid::now_v7())
    }
}
