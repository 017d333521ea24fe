//! The folders of the customer in which this service has put files about people: row logs, and files of who left.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::store;
use crate::db::ReadHandle;
use crate::exports::{self, FolderUrl};
use crate::names::ExportId;
use crate::storage::{Location, Storage};

/// Addresses of folders, each of one export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutgoingFolders {
    /// Those of row logs, each with the number of runs that are kept and have one there.
    pub row_logs: BTreeMap<String, i64>,
    /// Those of files of who left, of exports that are there.
    pub feedback: BTreeSet<String>,
}

impl OutgoingFolders {
    /// Those of an instance. Row logs are known by the runs that wrote them, also where the export was removed or logs
    /// elsewhere by now, and by what the exports say.
    pub async fn of(storage: &Storage, tx: &mut ReadHandle, instance: Uuid) -> sqlx::Result<Self> {
        let mut all = Self::default();
        for folder in store::folders(tx, instance).await? {
            let at = Location::stored(folder.root, &folder.path);
            all.row_logs.insert(storage.address_of(&at), folder.runs);
        }
        for export in exports::store::all(tx, instance).await? {
            let address = |url: &FolderUrl| address(storage, url, instance, export.id);
            if let Some(log) = &export.row_log {
                all.row_logs.entry(address(&log.url)).or_default();
            }
            all.feedback.extend(export.feedback.as_ref().map(|folder| address(&folder.url)));
        }
        Ok(all)
    }
}

/// The folder of an export in the one that it names. One that is not under a root any more is as the export has it.
fn address(storage: &Storage, url: &FolderUrl, instance: Uuid, export: ExportId) -> String {
    let export = export.0.to_string();
    match storage.locate(url.as_str(), instance) {
        Ok(folder) => storage.address_of(&folder.folder(&export)),
        Err(_) => format!("{}/{export}", url.as_str().trim_end_matches('/')),
    }
}
