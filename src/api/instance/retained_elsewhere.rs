//! Personal data in places that this service fills or reads, and that belong to others.

use super::retention_item::{DataSubjects, LocationKind, RetentionItem, RetentionLocation};
use crate::row_logs::OutgoingFolders;

/// Lists, sources, files in folders of the customer, and backups.
pub fn elsewhere(outgoing: &OutgoingFolders) -> Vec<RetentionItem> {
    vec![
        of_others(
            "lists",
            "Subscribers of the lists, with the values that were sent.",
            vec![RetentionLocation::unnamed(LocationKind::List)],
            "You remove them at Campaign Monitor, or an export with `sync.leavers` does.",
        ),
        of_others(
            "sources",
            "Members of segments that are files, tables or folders of the customer. This service only reads them.",
            vec![RetentionLocation::unnamed(LocationKind::Source)],
            "Their owner decides.",
        ),
        of_others(
            "outgoingFiles",
            "Row logs, and files of who left with addresses, in folders of the customer that exports name (`rowLog`, \
             `feedback`). Those of removed exports are named as long as a run with a row log is kept.",
            folders(outgoing),
            "Their owner decides: this service removes none of them.",
        ),
        of_others(
            "backups",
            "Whatever the database and the storage have. This service makes none.",
            vec![RetentionLocation::unnamed(LocationKind::Backup)],
            "The operator decides.",
        ),
    ]
}

fn of_others(
    kind: &'static str,
    what: &'static str,
    locations: Vec<RetentionLocation>,
    kept_until: &'static str,
) -> RetentionItem {
    RetentionItem {
        kind,
        whose: DataSubjects::Members,
        what,
        locations,
        kept_until,
        age: None,
        setting: None,
        removed_earlier_by: vec![],
    }
}

/// The folders; a kind has a location in any case.
fn folders(outgoing: &OutgoingFolders) -> Vec<RetentionLocation> {
    let all = outgoing.row_logs.keys().chain(&outgoing.feedback);
    let named = |folder: &String| RetentionLocation::named(LocationKind::Source, folder.clone());
    let folders: Vec<_> = all.map(named).collect();
    if folders.is_empty() {
        return vec![RetentionLocation::unnamed(LocationKind::Source)];
    }
    folders
}
