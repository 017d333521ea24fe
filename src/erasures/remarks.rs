//! What there is to know of each site, and what is left to do there, in words.

use super::site::Site;
use super::unreached::shown;

/// What the remarks depend on.
#[derive(Clone, Debug, Default)]
pub struct RemarkFacts {
    /// Names of the segments whose members lie in storages or databases of the customer.
    pub sources: Vec<String>,
    /// Folders of the customer with row logs, each with the number of runs that are kept and have one there.
    pub row_logs: Vec<(String, i64)>,
    /// Folders of the customer with files of who left.
    pub feedback: Vec<String>,
    /// Days that the operator keeps backups; 0: unknown.
    pub backup_days: u32,
    /// Hours that answers are kept for repeated calls.
    pub idempotency_hours: u32,
    /// Whether the database is one file.
    pub is_sqlite: bool,
}

/// The remark of a site of a new erasure.
#[must_use]
pub fn remark(site: Site, about: &RemarkFacts) -> String {
    match site {
        Site::Lists => LISTS.into(),
        Site::Baselines => "Rewritten without these people.".into(),
        Site::Uploads => UPLOADS.into(),
        Site::UnnamedObjects => UNNAMED.into(),
        Site::Rejections => REJECTIONS.into(),
        Site::ValueProblems | Site::Differences => "The rows are removed. The counts stay.".into(),
        Site::RowLogs => row_logs(&about.row_logs),
        Site::Feedback => feedback(&about.feedback),
        Site::Requests => REQUESTS.into(),
        Site::Readmissions => "Removed.".into(),
        Site::IdempotencyAnswers => format!(
            "Answers that name these people are removed. Every other one expires after {} hours.",
            about.idempotency_hours
        ),
        Site::Queue => "It holds ids of runs alone, and nothing of a person.".into(),
        Site::TemporaryFiles => TEMPORARY.into(),
        Site::Audit => AUDIT.into(),
        Site::Database if about.is_sqlite => SQLITE.into(),
        Site::Database => POSTGRES.into(),
        Site::Sources => sources(&about.sources),
        Site::Backups => backups(about.backup_days),
    }
}

const UPLOADS: &str =
    "Rewritten without these people. A file that you upload later is stored as you send it.";
const UNNAMED: &str =
    "Counted in objects: what nothing names any more and has these people is removed.";
const REJECTIONS: &str = "The rows stay with their outcome and code, so that the counts of the runs hold. Address, id \
    and message are erased.";
const REQUESTS: &str = "Counted in calls. A body holds many people, and may end within an address, so the bodies of \
    all calls of this instance are removed. The calls stay.";
const OLDER: &str = "Folders that exports had before stand in the audit of their changes.";
const TEMPORARY: &str = "They have no names, and are gone with the process that writes them. What a killed process \
    leaves of an upload is removed by its age.";
const AUDIT: &str = "It is not changed. It has no address of a member. Where a member was sent as a test, it has \
    the CustomerId, until the event is removed by its age. Somebody who is also a user of this service, or whom a \
    channel of alerts writes to, stays as such: in the audit, in what they made, and in `to` of the channel and in its \
    deliveries. Take their address out of the channel.";
const LISTS: &str = "Deleted from every list of the clients of the accounts. Campaign Monitor has no call that erases: \
    a deleted subscriber stays readable there, in the state Deleted. To erase them there, ask Campaign Monitor, or \
    delete them in its interface. A suppression list is not changed: it keeps people from getting mail.";
const SQLITE: &str = "Deleted content is overwritten with zeros. The file is written anew and its log is emptied once \
    nothing names these people.";
const POSTGRES: &str = "The tables are vacuumed. PostgreSQL overwrites the space of deleted rows when it needs it, not \
    before, and its log (WAL) keeps them until it is recycled or its archive expires. `VACUUM FULL` rewrites a table \
    at once.";

fn row_logs(folders: &[(String, i64)]) -> String {
    if folders.is_empty() {
        return format!(
            "No export has a row log, and no run that is kept has written one. {OLDER}"
        );
    }
    let named = |(folder, runs): &(String, i64)| {
        let runs_word = if *runs == 1 { "run" } else { "runs" };
        format!("{folder} ({runs} {runs_word})")
    };
    let folders = shown(&folders.iter().map(named).collect::<Vec<_>>());
    format!(
        "Yours, and neither read nor changed by this service: the row logs in these folders, each with the runs that \
         are kept and have one there: {folders}. They have the CustomerId, a keyed hash of the address, and with \
         `payload` the record. Remove the rows there. {OLDER}"
    )
}

fn feedback(folders: &[String]) -> String {
    let keys =
        "Counted in keyed hashes, which keep people from being in two files: these are removed.";
    if folders.is_empty() {
        return format!("{keys} No export writes files of who left. {OLDER}");
    }
    let folders = shown(folders);
    format!(
        "{keys} The files themselves are yours, and neither read nor changed by this service. They are in these \
         folders: {folders}. They have the address and the CustomerId of everybody who unsubscribed or bounced. \
         Remove the rows there. {OLDER}"
    )
}

fn sources(names: &[String]) -> String {
    if names.is_empty() {
        return "No segment reads from a storage or database of yours.".into();
    }
    let names = names.iter().map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ");
    format!(
        "Yours, and not changed by this service: the storages and databases that these segments read: {names}. Remove \
         the people there. Until then, tombstones keep them from being sent."
    )
}

fn backups(days: u32) -> String {
    let end = match days {
        0 => "They expire by your own schedule; this service does not know it \
              (SEGMENT_EXPORT_KEEP_BACKUPS_DAYS)."
            .to_owned(),
        days => format!("They expire {days} days after they were made."),
    };
    format!(
        "Backups of the database and of the storage that were made before this erasure have the people. {end} After a \
         restore, send the request again."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_site_says_something_and_what_is_not_ours_is_named() {
        let about = RemarkFacts {
            sources: vec!["HighValue".into()],
            backup_days: 35,
            ..RemarkFacts::default()
        };
        assert!(Site::ALL.iter().all(|site| !remark(*site, &about).is_empty()));
        assert!(remark(Site::Sources, &about).contains("“HighValue”"));
        assert!(remark(Site::Backups, &about).contains("35 days"));
    }

    #[test]
    fn folders_of_the_customer_are_named_with_what_is_in_them() {
        let about = RemarkFacts {
            row_logs: vec![("s3://lake/log/1".into(), 1), ("s3://lake/log/2".into(), 0)],
            feedback: vec!["s3://lake/left/1".into()],
            ..RemarkFacts::default()
        };
        let named = "there: s3://lake/log/1 (1 run), s3://lake/log/2 (0 runs). They";
        assert!(remark(Site::RowLogs, &about).contains(named), "{}", remark(Site::RowLogs, &about));
        assert!(remark(Site::Feedback, &about).contains("folders: s3://lake/left/1. They"));
        let none = RemarkFacts::default();
        assert!(remark(Site::RowLogs, &none).starts_with("No export has a row log"));
    }
}
