//! What a preview answers.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::campaign_monitor::{ProblemCode, ProposedFormat};
use crate::exports::Warning;
use crate::records::rejection::RejectionCode;
use crate::runs::{FieldWarning, FullBecause, RunPlan};

/// What a run would do now.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewView {
    /// Members of the selected segments.
    pub selected: i64,
    /// Profiles that can be sent. Campaign Monitor may still reject some. Where the export sends changes, those that
    /// are `unchanged` would not be sent.
    pub usable: i64,
    /// Usable profiles that Campaign Monitor has not acknowledged before for this export. `null` where every profile is
    /// sent.
    #[schema(required, example = 120)]
    pub new: Option<i64>,
    /// Usable profiles whose record differs from what it acknowledged last. `null` where every profile is sent.
    #[schema(required, example = 45)]
    pub changed: Option<i64>,
    /// Usable profiles that would not be sent: it has acknowledged the same record. `null` where every profile is sent.
    #[schema(required, example = 9835)]
    pub unchanged: Option<i64>,
    /// Why more than the changes would be compared or sent, where the export sends changes.
    #[schema(required)]
    pub full_because: Option<FullBecause>,
    /// Profiles that would not be sent because another one with the same address would be.
    pub duplicate: i64,
    /// Profiles that would not be sent: no usable address, `CustomerId` or consent, or erased on request.
    pub invalid: i64,
    /// The reasons, each with a count and a few examples.
    pub invalid_by_code: Vec<InvalidView>,
    /// The first ten records as they would be sent.
    pub sample: Vec<SampleView>,
    /// Values that would be cut or not sent, as the run would count them.
    pub field_warnings: Vec<FieldWarning>,
    /// The same values by field and code, with a few examples.
    pub value_problems: Vec<ValueProblemsView>,
    /// Formats that all, nearly all or at least half of the values of a field fit. Set the one that is meant as the
    /// `format` of the field.
    pub format_proposals: Vec<FormatProposalView>,
    /// Words among the values that could not be sent, which seem to stand for nothing.
    pub null_word_proposals: Vec<NullWordProposalView>,
    /// What there is to know of the list.
    pub list_warnings: Vec<Warning>,
    /// Calls to Campaign Monitor, if each is answered at once.
    pub calls: i64,
    /// How long the run would take, at the pace of the newest runs of the export.
    pub estimated_seconds: i64,
    /// What the run would do to people who left, and whether somebody would have to approve it. `null` where the export
    /// keeps them, sets no limit for new members, and no address changed.
    #[schema(required)]
    pub plan: Option<RunPlan>,
}

impl PreviewView {
    /// Counts people as changed whose address changed: only by that they look new.
    pub fn count_changed_addresses(&mut self, people: i64) {
        self.new = self.new.map(|new| new - people);
        self.changed = self.changed.map(|changed| changed + people);
    }

    /// How many profiles it shows parts of: personal data.
    pub fn examples(&self) -> usize {
        let profiles = self.invalid_by_code.iter().map(|invalid| invalid.examples.len());
        let values = self.value_problems.iter().map(|problems| problems.examples.len());
        let proposals = self.format_proposals.len() + self.null_word_proposals.len();
        profiles.chain(values).sum::<usize>() + proposals + self.sample.len()
    }
}

/// A record as it would be sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SampleView {
    #[schema(example = "1001")]
    pub customer_id: String,
    /// As Campaign Monitor gets it.
    #[schema(value_type = Object)]
    pub sent: Value,
}

/// Profiles that would not be sent for one reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvalidView {
    /// Stable, camelCase; as in the rejections of a run.
    #[schema(value_type = RejectionCode)]
    pub code: String,
    pub count: i64,
    /// A few, as different as there are.
    pub examples: Vec<ExampleView>,
    /// What to do, for people, where more is known than the code says: the words of a consent that nobody can read, or
    /// the `repair` of addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "“Consent” has “Maybe” (12), which is neither a yes nor a no. Add it to `yes` or to `no` of \
                   `consentToTrack`, whose `otherwise` says what all other words mean."
    )]
    pub message: Option<String>,
}

/// A profile that would not be sent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExampleView {
    #[schema(example = "3")]
    pub customer_id: String,
    #[schema(example = "not an address")]
    pub email: String,
    /// What is wrong with this one, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "The e-mail address has a form that Campaign Monitor does not accept: it has no @."
    )]
    pub message: Option<String>,
    /// The field of a consent that nobody can read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Consent")]
    pub field: Option<String>,
    /// What it holds: its first 100 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Maybe")]
    pub value: Option<String>,
}

impl ExampleView {
    /// What it is an example of: a word, or an address.
    pub fn shown(&self) -> &str {
        self.value.as_ref().unwrap_or(&self.email)
    }
}

/// Values of one field that could not be sent as they are, for one reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValueProblemsView {
    /// The field of the profile.
    #[schema(example = "Born")]
    pub field: String,
    /// Key of the custom field on the list, or `EmailAddress`, `Name`, `MobileNumber`, `ConsentToTrack`,
    /// `ConsentToSendSms`.
    #[schema(example = "birthday")]
    pub key: String,
    pub code: ProblemCode,
    pub count: i64,
    /// A few, as different as there are.
    pub examples: Vec<ValueExampleView>,
    /// What is wrong with them and what to do, for people.
    #[schema(
        example = "A run does not send 12 values of “Born”: not a date as the `format` of the field says (without \
                   one: yyyy-MM-dd)."
    )]
    pub message: String,
}

/// A value that could not be sent as it is, and the first profile that has it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValueExampleView {
    #[schema(example = "3")]
    pub customer_id: String,
    #[schema(example = "jonas.weiss@example.com")]
    pub email: String,
    /// Its first 100 characters; what cannot be seen is shown as `<U+200B>`.
    #[schema(example = "31/12/1990")]
    pub value: String,
    /// What would be sent instead; `null` when nothing would.
    #[schema(required)]
    pub sent: Option<String>,
    /// How many profiles have this value.
    #[schema(example = 12)]
    pub count: i64,
}

/// A word that seems to stand for nothing.
#[derive(Debug, Serialize, ToSchema)]
pub struct NullWordProposalView {
    /// In its own case: add it to `nullWords` of the mapping, if it stands for nothing.
    #[schema(example = "NULL")]
    pub word: String,
    /// How many values that could not be sent are this word.
    #[schema(example = 12)]
    pub count: i64,
    /// What to do, for people.
    #[schema(
        example = "“NULL” (12 values) seems to stand for nothing. If it does, add it to `nullWords` of the mapping."
    )]
    pub message: String,
}

/// Formats that all, nearly all or at least half of the values of a field fit.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormatProposalView {
    /// The field of the profile.
    #[schema(example = "Born")]
    pub field: String,
    /// Key of the custom field on the list.
    #[schema(example = "birthday")]
    pub key: String,
    /// Values of the field that stand for something.
    #[schema(example = 271)]
    pub values: i64,
    /// How many of them would be sent with one of the formats.
    #[schema(example = 264)]
    pub fitting: i64,
    /// Several, where nobody but you can know which is meant.
    pub formats: Vec<FormatReadingView>,
    /// What to do, for people.
    #[schema(
        example = "All values of “Born” fit dd/MM/yyyy. If that is meant, set it as the format of the field."
    )]
    pub message: String,
}

/// A format, and how it reads one of the values.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormatReadingView {
    pub format: ProposedFormat,
    #[schema(example = "31/12/1990")]
    pub value: String,
    /// What would be sent for the value; several options are separated by `;`.
    #[schema(example = "1990/12/31")]
    pub sent: String,
}
