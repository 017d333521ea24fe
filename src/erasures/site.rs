//! Where people may be found, and what was found there.

use crate::db::Time;

/// A place of the contract: where a person may be found.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    sqlx::Type,
    utoipa::ToSchema,
)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
#[schema(as = ErasurePlace)]
pub enum Site {
    /// The lists of every client of the accounts of all connections.
    Lists,
    /// What lists last received of each member, in the storage.
    Baselines,
    /// Members of segments that this service stores: uploads, and copies of tables.
    Uploads,
    /// Objects in the storage that nothing names any more.
    UnnamedObjects,
    /// Rejected rows of runs.
    Rejections,
    /// Values that a run could not send as they were.
    ValueProblems,
    /// People of whom a verification found something else than was sent.
    Differences,
    /// Row logs in the storage of the customer.
    RowLogs,
    /// Who left, as files in the storage of the customer have it.
    Feedback,
    /// Bodies of calls to Campaign Monitor that are kept to be inspected.
    Requests,
    /// Who may be sent again although they left.
    Readmissions,
    /// Answers that are kept for repeated calls.
    IdempotencyAnswers,
    /// Hints that runs are due, in memory or in Redis.
    Queue,
    /// What is written to the disk while an upload or a baseline is made.
    TemporaryFiles,
    /// Events that say who changed or read what.
    Audit,
    /// Free pages of the database, and its log.
    Database,
    /// Files, tables and entities of the customer that segments are read from.
    Sources,
    /// Backups of the database and of the storage.
    Backups,
}

impl Site {
    /// Each once, in the order of an answer.
    pub const ALL: [Self; 18] = [
        Self::Lists,
        Self::Baselines,
        Self::Uploads,
        Self::UnnamedObjects,
        Self::Rejections,
        Self::ValueProblems,
        Self::Differences,
        Self::RowLogs,
        Self::Feedback,
        Self::Requests,
        Self::Readmissions,
        Self::IdempotencyAnswers,
        Self::Queue,
        Self::TemporaryFiles,
        Self::Audit,
        Self::Database,
        Self::Sources,
        Self::Backups,
    ];

    /// The same word as in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lists => "lists",
            Self::Baselines => "baselines",
            Self::Uploads => "uploads",
            Self::UnnamedObjects => "unnamedObjects",
            Self::Rejections => "rejections",
            Self::ValueProblems => "valueProblems",
            Self::Differences => "differences",
            Self::RowLogs => "rowLogs",
            Self::Feedback => "feedback",
            Self::Requests => "requests",
            Self::Readmissions => "readmissions",
            Self::IdempotencyAnswers => "idempotencyAnswers",
            Self::Queue => "queue",
            Self::TemporaryFiles => "temporaryFiles",
            Self::Audit => "audit",
            Self::Database => "database",
            Self::Sources => "sources",
            Self::Backups => "backups",
        }
    }

    /// Whether it is searched, so that there are counts.
    #[must_use]
    pub const fn is_searched(self) -> bool {
        use Site::{
            Baselines, Differences, Feedback, IdempotencyAnswers, Lists, Readmissions, Rejections,
            Requests, UnnamedObjects, Uploads, ValueProblems,
        };
        matches!(
            self,
            Lists
                | Baselines
                | Uploads
                | UnnamedObjects
                | Rejections
                | ValueProblems
                | Differences
                | Feedback
                | Requests
                | Readmissions
                | IdempotencyAnswers
        )
    }
}

/// What was found of the people in one site. The columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SiteRecord {
    pub site: Site,
    pub found: Option<i64>,
    pub removed: Option<i64>,
    pub verified_utc: Option<Time>,
    pub remark: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_the_same_word_everywhere() {
        for site in Site::ALL {
            assert_eq!(serde_json::to_value(site).unwrap(), site.word());
        }
    }
}
