//! Whether the folders that an export writes into may be written. They are looked up by their addresses alone: a folder
//! need not exist yet.

use uuid::Uuid;

use crate::api::segments::named::named;
use crate::app::App;
use crate::exports::{FeedbackFolder, FolderUrl, RowLog};
use crate::http::problem::{FieldError, Problem};
use crate::storage;

/// 422 when the folder is under no root that the operator opened for writing, and for this instance.
pub fn check_row_log(app: &App, instance: Uuid, row_log: Option<&RowLog>) -> Result<(), Problem> {
    let Some(row_log) = row_log else { return Ok(()) };
    check(app, instance, &row_log.url, ("/rowLog/url", "Rows cannot be logged there"))
}

/// The same of the folder of those who left.
pub fn check_feedback(
    app: &App,
    instance: Uuid,
    feedback: Option<&FeedbackFolder>,
) -> Result<(), Problem> {
    let Some(feedback) = feedback else { return Ok(()) };
    check(app, instance, &feedback.url, ("/feedback/url", "Who left cannot be written there"))
}

fn check(
    app: &App,
    instance: Uuid,
    url: &FolderUrl,
    (pointer, cannot): (&str, &str),
) -> Result<(), Problem> {
    match app.storage.locate_writable(url.as_str(), instance) {
        Ok(_) => Ok(()),
        Err(error) => {
            let message = format!("{cannot}: {error}.");
            let why = if matches!(error, storage::Error::NotWritable { .. }) {
                "notWritable"
            } else {
                "outsideRoots"
            };
            let error =
                FieldError::new(pointer, "unwritableFolder", message).with_all(named(&error));
            Err(error.with("why", why).into())
        }
    }
}
