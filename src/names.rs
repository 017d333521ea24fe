//! Small words that everybody uses: ids, names that people give, and whose turn it is when something went wrong.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;
use uuid::Uuid;

/// A UUID of version 7: later connections have larger ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct ConnectionId(pub Uuid);

impl From<Uuid> for ConnectionId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

/// A name people give: 1 to 200 characters, not only blanks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(try_from = "String")]
#[schema(
    value_type = String,
    min_length = 1,
    max_length = 200,
    pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$",
    example = "Campaign Monitor - newsletter",
)]
pub struct DisplayName(String);

impl TryFrom<String> for DisplayName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let name = line(&text, 200).map(Self);
        name.ok_or("a display name is 1 to 200 characters, without control characters")
    }
}

impl DisplayName {
    /// Without blanks around it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text without blanks around it; `None` when it has no characters, too many, or control characters.
fn line(text: &str, most: usize) -> Option<String> {
    let line = text.trim();
    let fits = (1..=most).contains(&line.chars().count()) && !line.chars().any(char::is_control);
    fits.then(|| line.to_owned())
}

/// The same without `@`, in any of its forms, such as `＠`: a text that must name nobody.
pub(crate) fn line_of_nobody(text: &str, most: usize) -> Option<String> {
    line(text, most).filter(|line| !line.nfkc().any(|letter| letter == '@'))
}

/// Why somebody did something, in their words: 1 to 500 characters, not only blanks, and without `@`: it stays with
/// what was done and in the audit, so it must name nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(try_from = "String")]
#[schema(
    value_type = String,
    min_length = 1,
    max_length = 500,
    pattern = r"^[^@﹫＠\x00-\x1f\x7f-\x9f]*[^\s@﹫＠\x00-\x1f\x7f-\x9f][^@﹫＠\x00-\x1f\x7f-\x9f]*$",
    example = "The segments are wrong since the last import of the shop.",
)]
pub struct Note(String);

impl TryFrom<String> for Note {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let note = line_of_nobody(&text, 500).map(Self);
        note.ok_or(
            "a note is 1 to 500 characters, without control characters and without `@`, because it must name nobody",
        )
    }
}

impl Note {
    /// Without blanks around it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A UUID of version 7: later exports have larger ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct ExportId(pub Uuid);

impl From<Uuid> for ExportId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

/// A UUID of version 7: later runs have larger ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct RunId(pub Uuid);

impl From<Uuid> for RunId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl RunId {
    /// When the run was made, in milliseconds since 1970; `None` of an id that says no time.
    #[must_use]
    pub fn made_ms(self) -> Option<i64> {
        let (seconds, nanos) = self.0.get_timestamp()?.to_unix();
        i64::try_from(seconds * 1000 + u64::from(nanos) / 1_000_000).ok()
    }
}

/// A UUID of version 7: later alerts have larger ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct AlertId(pub Uuid);

impl From<Uuid> for AlertId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

/// A UUID of version 7: later channels have larger ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct ChannelId(pub Uuid);

impl From<Uuid> for ChannelId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

/// The name of a refresh, as Customer Insights gives it: 1 to 200 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[serde(try_from = "String")]
#[schema(value_type = String, max_length = 200, pattern = "^[!-~]{1,200}$", example = "2026-11-24T06:00")]
pub struct RefreshId(String);

impl TryFrom<String> for RefreshId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text));
        }
        Err("the id of a refresh is 1 to 200 visible ASCII characters")
    }
}

/// Who can do something about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Culprit {
    /// The user's: something must be changed in the export, the connection or the call.
    User,
    /// The operator's: the service, its database or its storage failed.
    System,
    /// Campaign Monitor's, or another service's: wait, or ask there.
    External,
}

impl Culprit {
    /// Every side that can do something.
    pub const ALL: [Self; 3] = [Self::User, Self::System, Self::External];

    /// As responses and labels write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::System => "system",
            Self::External => "external",
        }
    }
}
