//! One setting, with a default, for each behaviour that the reference leaves open or the service may change.

use serde::{Deserialize, Serialize};

/// A member that is absent from a `PUT /sandbox/settings` gets its default.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    pub imports: Imports,
    pub subscribers: Subscribers,
    pub access: Access,
    pub oauth: Oauth,
}

/// For imports and single adds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Imports {
    /// Milliseconds added to an import for every 1000 records.
    pub latency_ms_per_thousand: u64,
    pub missing_consent: MissingConsent,
    /// Unknown keys, invalid values, values over 250 characters.
    pub field_problems: FieldProblems,
    pub suppressed_newcomers: SuppressedNewcomers,
    pub duplicates: Duplicates,
    pub resubscribed_count: ResubscribedCount,
    pub multi_select_many: MultiSelectMany,
    /// What "Fields in error" names when an import cannot be read.
    pub field_in_error: String,
}

impl Default for Imports {
    fn default() -> Self {
        Self {
            latency_ms_per_thousand: 0,
            missing_consent: MissingConsent::default(),
            field_problems: FieldProblems::default(),
            suppressed_newcomers: SuppressedNewcomers::default(),
            duplicates: Duplicates::default(),
            resubscribed_count: ResubscribedCount::default(),
            multi_select_many: MultiSelectMany::default(),
            field_in_error: "subscribers".into(),
        }
    }
}

/// What a record without `ConsentToTrack` does to an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MissingConsent {
    #[default]
    RejectBatch,
    RejectRecord,
    Accept,
}

/// What happens to a person with a value that the field does not accept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FieldProblems {
    /// The value is dropped or truncated silently.
    #[default]
    Ignore,
    Fail,
}

/// What happens to a suppressed person who was never on the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SuppressedNewcomers {
    #[default]
    Reject,
    Add,
}

/// Which of several records with one address counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Duplicates {
    #[default]
    LastWins,
    FirstWins,
    /// The last wins, and the answer is a 400 with Code 210.
    Fail,
}

/// In which number a resubscribed person is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ResubscribedCount {
    #[default]
    Existing,
    New,
}

/// What new options of a field do to the stored ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MultiSelectMany {
    #[default]
    Replace,
    Merge,
}

/// For reads and writes of single subscribers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Subscribers {
    /// Adds and updates of one person in a minute before Code 429; 0 for no limit.
    pub changes_per_minute: u32,
    pub custom_field_keys: CustomFieldKeys,
}

impl Default for Subscribers {
    fn default() -> Self {
        Self { changes_per_minute: 10, custom_field_keys: CustomFieldKeys::default() }
    }
}

/// How answers name a subscriber's fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CustomFieldKeys {
    /// `[subscriptiondate]`, as a real export shows it.
    #[default]
    Bracketed,
    /// `subscription date`, as the vendor's samples show it.
    Name,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Access {
    pub missing_credentials: MissingCredentials,
    pub unknown_list: UnknownList,
    /// Whether a token without the scope of a call gets Code 60.
    pub enforce_scopes: bool,
    /// Whether the account is an agency, which may read billing details.
    pub agency: bool,
    pub without_suffix: WithoutSuffix,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            missing_credentials: MissingCredentials::default(),
            unknown_list: UnknownList::default(),
            enforce_scopes: true,
            agency: true,
            without_suffix: WithoutSuffix::default(),
        }
    }
}

/// The answer to a call without credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MissingCredentials {
    #[default]
    Code100,
    Code50,
}

/// The answer for a list id that does not exist or that the caller may not see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UnknownList {
    #[default]
    Code101,
    Code102,
    NotFound,
}

/// The format of an answer when the path ends neither in `.json` nor in `.xml`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WithoutSuffix {
    #[default]
    Xml,
    Json,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Oauth {
    pub access_token_life_seconds: i64,
    pub rotate_refresh_tokens: bool,
    /// Whether the authorize page redirects at once, as if the person had allowed access.
    pub auto_approve: bool,
    /// The HTTP status of a rejected token request.
    pub error_status: u16,
    /// What a redirect address must begin with; empty for any.
    pub redirect_uri_prefix: String,
}

impl Default for Oauth {
    fn default() -> Self {
        Self {
            access_token_life_seconds: 1_209_600,
            rotate_refresh_tokens: false,
            auto_approve: false,
            error_status: 400,
            redirect_uri_prefix: String::new(),
        }
    }
}
