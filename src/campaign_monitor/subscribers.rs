//! The subscribers of a list, by state and in pages, as Campaign Monitor has them.
//!
//! A page is parsed where it lies: of a thousand subscribers with their fields no text is copied without need.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::client::Account;
use super::error::{self, Error};

/// The most subscribers on one page.
pub const PAGE_SUBSCRIBERS: i64 = 1000;
/// The fewest: a page that is read only for the total.
const PAGE_MIN: i64 = 10;

/// What a subscriber is to a list, in the vendor's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SubscriberState {
    /// On the list, and gets mail.
    #[serde(alias = "Active")]
    Active,
    /// Has not confirmed the subscription yet.
    #[serde(alias = "Unconfirmed")]
    Unconfirmed,
    /// The person has left the list.
    #[serde(alias = "Unsubscribed")]
    Unsubscribed,
    /// Mail to the address could not be delivered.
    #[serde(alias = "Bounced")]
    Bounced,
    /// Somebody has deleted the subscriber.
    #[serde(alias = "Deleted")]
    Deleted,
    /// A state that is newer than this program.
    #[serde(other)]
    Other,
}

impl SubscriberState {
    /// Those that have a list of their own.
    pub const ALL: [Self; 5] =
        [Self::Active, Self::Unconfirmed, Self::Unsubscribed, Self::Bounced, Self::Deleted];

    /// The last word of the path of its list, and ours for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Unconfirmed => "unconfirmed",
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
            Self::Deleted => "deleted",
            Self::Other => "other",
        }
    }

    /// The state with this word of ours.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// Which page of which subscribers. They come in the order of their addresses, the only one that does not change while
/// they are read.
#[derive(Clone, Debug)]
pub struct PageQuery {
    pub state: SubscriberState,
    /// From 1.
    pub number: i64,
    /// Only those who came into the state at this time or later, in the time zone of the client.
    pub since: Option<String>,
}

/// A page as it came.
pub struct PageText(Bytes);

/// Some subscribers, and how many there are.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SubscriberPage<'a> {
    #[serde(borrow)]
    pub results: Vec<SubscriberRow<'a>>,
    pub total_number_of_records: i64,
}

/// A subscriber, as far as a record can be compared with it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SubscriberRow<'a> {
    #[serde(borrow)]
    pub email_address: Text<'a>,
    #[serde(borrow, default)]
    pub name: Text<'a>,
    #[serde(borrow, default)]
    pub mobile_number: Text<'a>,
    /// In the time zone of the client, as in `2026-11-29 09:00:00`.
    #[serde(borrow, default)]
    pub list_joined_date: Text<'a>,
    pub state: SubscriberState,
    #[serde(borrow, default)]
    pub custom_fields: Vec<FieldText<'a>>,
    #[serde(borrow, default)]
    pub consent_to_track: Text<'a>,
    #[serde(borrow, default)]
    pub consent_to_send_sms: Text<'a>,
}

/// A value of a custom field; a field with several options has several.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FieldText<'a> {
    #[serde(borrow)]
    pub key: Text<'a>,
    #[serde(borrow, default)]
    pub value: Text<'a>,
}

/// A text that is borrowed unless it has escapes; nothing where JSON has `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Ok(Text::default())
    }
}

impl PageText {
    pub fn parse(&self) -> Result<SubscriberPage<'_>, Error> {
        serde_json::from_slice(&self.0).map_err(|_| Error::Interrupted)
    }
}

impl Account {
    /// A full page of the subscribers in one state, with their consents.
    pub async fn subscribers(&self, list: &str, query: &PageQuery) -> Result<PageText, Error> {
        let number = query.number.to_string();
        let since = query.since.as_deref().unwrap_or_default();
        let parameters = [
            ("date", since),
            ("page", &number),
            ("pagesize", &PAGE_SUBSCRIBERS.to_string()),
            ("orderfield", "email"),
            ("orderdirection", "asc"),
            ("includetrackingpreference", "true"),
            ("includesmspreference", "true"),
        ];
        self.page(list, query.state.word(), &parameters).await.map(PageText)
    }

    /// How many subscribers are in a state, or came into it at this time or later.
    pub async fn count(
        &self,
        list: &str,
        state: SubscriberState,
        since: Option<&str>,
    ) -> Result<i64, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Total {
            total_number_of_records: i64,
        }
        let size = PAGE_MIN.to_string();
        let parameters =
            [("date", since.unwrap_or_default()), ("pagesize", &size), ("orderfield", "email")];
        let text = self.page(list, state.word(), &parameters).await?;
        let total: Total = error::parse(&text)?;
        Ok(total.total_number_of_records)
    }
}
