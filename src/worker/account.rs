//! What became of each profile of a batch, from what Campaign Monitor answered.

use std::collections::HashMap;

use super::upload::{Unanswered, Uploaded};
use crate::campaign_monitor::{Error, ImportFailure};
use crate::records::batches::{self, Batch};
use crate::records::columns::Columns;
use crate::records::plan::{CUSTOMER_ID_COLUMN, EMAIL_COLUMN};
use crate::runs::{self, BatchStatus, Counts, FieldWarning, Rejection, RejectionOutcome};

/// A batch, accounted for.
pub struct Done {
    /// The row after its last one.
    pub end: i64,
    /// The batch, as it is stored.
    pub batch: runs::Batch,
    /// What became of its profiles.
    pub counts: Counts,
    /// The profiles that are not on the list.
    pub rejections: Vec<Rejection>,
    /// Values that did not fit their fields.
    pub field_warnings: Vec<FieldWarning>,
    /// Why some records have no answer; they are in doubt, or were not sent.
    pub failure: Option<Error>,
}

/// Accounts for an uploaded batch. Records without an answer count as in doubt where they may be on the
/// list, and as remaining where they surely are not.
#[must_use]
pub fn account(uploaded: Uploaded) -> Done {
    let Uploaded { batch, created, updated, failures, unanswered, http_status, attempts, duration } =
        uploaded;
    let mut rejections = refused(&batch, failures);
    let rejected = batches::number(rejections.len());
    let (doubtful, failure) =
        unanswered.map_or_else(Default::default, |rest| (rest.in_doubt, Some(rest.error)));
    rejections.extend(in_doubt(&batch, &doubtful));
    let mut counts = Counts {
        created,
        updated,
        rejected,
        in_doubt: batches::number(doubtful.len()),
        ..Counts::default()
    };
    add_unsent(&batch, &mut counts);
    let row = runs::Batch {
        number: batch.number,
        first_row: batch.first_row,
        rows: batch.rows(),
        status: status(&counts),
        http_status: http_status.map(i32::from),
        attempts: i32::try_from(attempts).unwrap_or(i32::MAX),
        duration_ms: i64::try_from(duration.as_millis()).unwrap_or(i64::MAX),
        created,
        updated,
        rejected,
    };
    let end = batch.end();
    rejections.extend(batch.refused);
    Done { end, batch: row, counts, rejections, field_warnings: batch.field_warnings, failure }
}

/// Accounts for a batch that an attempt which died may have sent: nobody knows.
#[must_use]
pub fn doubt(batch: Batch) -> Done {
    let in_doubt = batch.records.clone();
    let unanswered = Unanswered { error: Error::Interrupted, in_doubt, unsent: vec![] };
    account(Uploaded { unanswered: Some(unanswered), ..Uploaded::nothing(batch) })
}

fn add_unsent(batch: &Batch, counts: &mut Counts) {
    for refused in &batch.refused {
        match refused.outcome {
            RejectionOutcome::Duplicate => counts.duplicate += 1,
            _ => counts.invalid += 1,
        }
    }
}

fn status(counts: &Counts) -> BatchStatus {
    if counts.in_doubt > 0 {
        BatchStatus::InDoubt
    } else if counts.rejected + counts.duplicate + counts.invalid > 0 {
        BatchStatus::CompletedWithErrors
    } else {
        BatchStatus::Successful
    }
}

/// The refused records: Campaign Monitor names them by their address.
fn refused(batch: &Batch, failures: Vec<ImportFailure>) -> Vec<Rejection> {
    if failures.is_empty() {
        return vec![];
    }
    let columns = Columns::of(&batch.page);
    let address = |row: &usize| columns.get(EMAIL_COLUMN, *row).unwrap_or_default().to_lowercase();
    let mut rows: HashMap<String, usize> =
        batch.records.iter().map(|row| (address(row), *row)).collect();
    let mut rejections = Vec::with_capacity(failures.len());
    for failure in failures {
        let Some(row) = rows.remove(&failure.email_address.trim().to_lowercase()) else {
            tracing::warn!(
                batch.number,
                code = failure.code,
                "Campaign Monitor refused an address that was not sent"
            );
            continue;
        };
        let (code, message) = words(&failure);
        rejections.push(rejection(
            batch,
            &columns,
            row,
            RejectionOutcome::Rejected,
            &code,
            message,
        ));
    }
    rejections
}

fn in_doubt(batch: &Batch, rows: &[usize]) -> Vec<Rejection> {
    let columns = Columns::of(&batch.page);
    let message = "The profile was sent, but Campaign Monitor gave no answer that tells whether it is on the list.";
    rows.iter()
        .map(|row| {
            rejection(batch, &columns, *row, RejectionOutcome::InDoubt, "noAnswer", message.into())
        })
        .collect()
}

fn rejection(
    batch: &Batch,
    columns: &Columns<'_>,
    row: usize,
    outcome: RejectionOutcome,
    code: &str,
    message: String,
) -> Rejection {
    let text = |column| columns.get(column, row).unwrap_or_default().to_owned();
    Rejection {
        position: batch.first_row + batches::number(row),
        batch: batch.number,
        customer_id: text(CUSTOMER_ID_COLUMN),
        email: text(EMAIL_COLUMN),
        outcome,
        code: code.to_owned(),
        message,
    }
}

/// The code and the words of a refusal. Codes are those of API v3.3; texts vary, so they are ours.
fn words(failure: &ImportFailure) -> (String, String) {
    let (code, message) = match failure.code {
        1 => ("invalidAddress", "Campaign Monitor does not take the e-mail address."),
        204 => ("suppressed", "The address is on the suppression list."),
        205 => ("deleted", "The subscriber was deleted from the list."),
        206 => ("unsubscribed", "The subscriber has unsubscribed."),
        207 => ("bounced", "Mail to the address bounced."),
        208 => ("unconfirmed", "The subscriber has not confirmed the subscription."),
        214 | 215 => ("invalidConsent", "Campaign Monitor does not take the consent to tracking."),
        220 => ("invalidMobileNumber", "Campaign Monitor does not take the mobile number."),
        221 => (
            "invalidAddressAndMobileNumber",
            "Campaign Monitor takes neither the address nor the mobile number.",
        ),
        other => {
            let message = format!(
                "Campaign Monitor refused the profile: {} (code {other}).",
                failure.message
            );
            return (format!("campaignMonitor{other}"), message);
        }
    };
    (code.to_owned(), message.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: i64, message: &str) -> (String, String) {
        let email_address = "ann@example.com".to_owned();
        words(&ImportFailure { email_address, code, message: message.to_owned() })
    }

    #[test]
    fn every_refusal_of_a_record_that_campaign_monitor_documents_has_a_code_and_a_sentence_of_ours()
    {
        for (code, expected) in [
            (1, "invalidAddress"),
            (204, "suppressed"),
            (205, "deleted"),
            (206, "unsubscribed"),
            (207, "bounced"),
            (208, "unconfirmed"),
            (214, "invalidConsent"),
            (215, "invalidConsent"),
            (220, "invalidMobileNumber"),
            (221, "invalidAddressAndMobileNumber"),
        ] {
            let (name, message) = told(code, "Words That Vary");
            assert_eq!(name, expected, "{code}");
            assert!(message.ends_with('.') && !message.contains("Vary"), "{code}: {message}");
        }
    }

    #[test]
    fn a_refusal_that_nobody_knows_comes_in_the_words_of_campaign_monitor() {
        let (name, message) = told(999, "Not today");
        assert_eq!(name, "campaignMonitor999");
        assert!(message.contains("Not today") && message.contains("999"), "{message}");
    }
}
