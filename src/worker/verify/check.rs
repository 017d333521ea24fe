//! What a verification of each level reads.

use super::failure::Failure;
use super::reader::Reader;
use super::subject::Subject;
use super::{counts, full, sample};
use crate::exports::VerificationLevel;
use crate::verifications::{Findings, ListVerification, PAGES_DEFAULT};

/// Compares the list with what the run sent.
pub async fn check(
    subject: &Subject,
    verification: &ListVerification,
) -> Result<Findings, Failure> {
    let reader = Reader::new(subject);
    match verification.level.0 {
        VerificationLevel::Counts => counts::check(subject, &reader).await,
        VerificationLevel::Sample => {
            let pages = verification.pages.unwrap_or(PAGES_DEFAULT);
            Box::pin(sample::check(subject, &reader, pages)).await
        }
        VerificationLevel::Full => Box::pin(full::check(subject, &reader)).await,
    }
}
