//! The answer to an import: how many records are new, and which were rejected.

use serde::Deserialize;

use super::envelope::lenient_code;

/// Import had some failures; the rest was stored.
const PARTIAL_SUCCESS: i64 = 210;

/// The totals of one import call.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportResult {
    pub total_new_subscribers: i64,
    /// On the list before, and updated. People who are subscribed again have no number of their own: they are among
    /// these, or among the new ones, as Campaign Monitor has it.
    pub total_existing_subscribers: i64,
    /// Of the records that were rejected; never of those that were stored.
    #[serde(default)]
    pub failure_details: Vec<ImportFailure>,
}

/// A record that an import rejected.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ImportFailure {
    /// The address, as it was sent.
    pub email_address: String,
    /// Why, as a number; `RefusalCode` gives it a name.
    #[serde(deserialize_with = "lenient_code")]
    pub code: i64,
    /// Why, in the vendor's words.
    #[serde(default)]
    pub message: String,
}

/// The result in a partial success. A 400 without `ResultData` imported nothing.
pub(super) fn partial_success(text: &[u8]) -> Option<ImportResult> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Partial {
        #[serde(deserialize_with = "lenient_code")]
        code: i64,
        result_data: ImportResult,
    }
    let partial: Partial = serde_json::from_slice(text).ok()?;
    (partial.code == PARTIAL_SUCCESS).then_some(partial.result_data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_210_is_a_result_and_any_other_400_is_not() {
        let partial = br#"{"ResultData":{"TotalUniqueEmailsSubmitted":3,"TotalExistingSubscribers":2,
            "TotalNewSubscribers":0,"DuplicateEmailsInSubmission":[],
            "FailureDetails":[{"EmailAddress":"example+1@example","Code":1,"Message":"Invalid Email Address"}]},
            "Code":210,"Message":"Subscriber Import had some failures"}"#;
        assert_eq!(partial_success(partial).unwrap().failure_details[0].code, 1);
        assert!(partial_success(br#"{"Code":212,"Message":"No subscribers"}"#).is_none());
    }
}
