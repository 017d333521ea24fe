//! Clients, lists and custom fields, as Campaign Monitor describes them.

use serde::{Deserialize, Serialize, Serializer};

/// A client (sub-account) that owns lists, in the overview of an account.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ClientOverview {
    /// 32 hex digits.
    #[serde(rename = "ClientID")]
    pub client_id: String,
    pub name: String,
}

/// A list in a client's overview.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListOverview {
    /// 32 hex digits.
    #[serde(rename = "ListID")]
    pub list_id: String,
    pub name: String,
}

/// The settings of a list; `ListOverview` has only its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "the names are the vendor's")]
pub struct List {
    /// 32 hex digits.
    #[serde(rename = "ListID")]
    pub list_id: String,
    pub title: String,
    /// Double opt-in: new subscribers get a mail that asks them to confirm.
    pub confirmed_opt_in: bool,
    /// What an unsubscribe from this list means for the others of its client.
    #[serde(default)]
    pub unsubscribe_setting: UnsubscribeSetting,
}

/// Which lists an unsubscribe counts for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum UnsubscribeSetting {
    /// All lists of the client: the person goes to its suppression list.
    AllClientLists,
    OnlyThisList,
    /// Absent, or newer than this program.
    #[default]
    #[serde(other)]
    Unknown,
}

/// A list to be created.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct NewList<'a> {
    /// No other list of the client has it.
    pub title: &'a str,
    pub confirmed_opt_in: bool,
    /// Whether an unsubscribe counts for this list only, which then knows no suppression list.
    #[serde(rename = "UnsubscribeSetting", serialize_with = "unsubscribe_setting")]
    pub only_this_list: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes by reference")]
fn unsubscribe_setting<S: Serializer>(only: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(if *only { "OnlyThisList" } else { "AllClientLists" })
}

/// A custom field to be created. Campaign Monitor makes its key of the letters and digits of its name.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct NewCustomField<'a> {
    pub field_name: &'a str,
    pub data_type: DataType,
    /// For the multi-valued types only, which need some.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub options: &'a [String],
    pub visible_in_preference_center: bool,
}

/// How many subscribers of each state a list has.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(clippy::struct_field_names, reason = "the names are the vendor's")]
pub struct ListStats {
    pub total_active_subscribers: i64,
    pub total_unsubscribes: i64,
    pub total_deleted: i64,
    /// Subscribers whose mail came back.
    pub total_bounces: i64,
}

/// A custom field of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CustomField {
    pub field_name: String,
    /// In brackets, as in `[city]`.
    pub key: String,
    pub data_type: DataType,
    /// The values to choose from, where there is a choice.
    #[serde(default)]
    pub field_options: Vec<String>,
}

/// What values a custom field accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum DataType {
    Text,
    Number,
    MultiSelectOne,
    MultiSelectMany,
    Date,
    Country,
    USState,
    /// A type that is newer than this program; its values are sent unchanged.
    #[serde(other)]
    Other,
}

impl CustomField {
    /// The key as imports name it: without the brackets.
    #[must_use]
    pub fn bare_key(&self) -> &str {
        bare(&self.key)
    }
}

/// A key without its brackets: both forms are in use.
#[must_use]
pub fn bare(key: &str) -> &str {
    key.strip_prefix('[').and_then(|key| key.strip_suffix(']')).unwrap_or(key)
}
