//! Lists come in pages, newest first: `{"items": [...], "nextCursor": "..." | null}`.
//!
//! A cursor is the position of the last item, opaque to callers.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::problem::{Problem, ProblemKind};

const LIMIT_DEFAULT: i64 = 50;
/// The most items on a page.
pub const LIMIT_MAX: i64 = 200;

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Items per page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// `nextCursor` of the previous page.
    #[param(max_length = 200, pattern = "^[A-Za-z0-9_-]*$")]
    cursor: Option<String>,
}

/// A text to search for: at most 200 characters, without control characters.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$", example = "newsletter")]
pub struct SearchText(pub String);

impl TryFrom<String> for SearchText {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.chars().count() <= 200 && !text.chars().any(char::is_control) {
            return Ok(Self(text));
        }
        Err("a search text has at most 200 characters, without control characters")
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items, newest first.
    pub items: Vec<T>,
    /// Where the next page starts; `null` on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// A position in a list that fits into a cursor.
pub trait Position: Sized {
    /// As bytes.
    fn encode(&self) -> Vec<u8>;
    /// Back from bytes.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

impl Position for Uuid {
    fn encode(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes).ok()
    }
}

impl Position for i64 {
    fn encode(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

/// A position in a list, and one within that.
impl Position for [i64; 2] {
    fn encode(&self) -> Vec<u8> {
        self.map(i64::to_be_bytes).concat()
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        let (first, second) = bytes.split_at_checked(8)?;
        Some([i64::decode(first)?, i64::decode(second)?])
    }
}

impl Paging {
    /// Items per page, 1 to 200.
    pub fn limit(&self) -> Result<i64, Problem> {
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT);
        if (1..=LIMIT_MAX).contains(&limit) {
            return Ok(limit);
        }
        Err(Problem::new(
            ProblemKind::InvalidCursor,
            format!("`limit` must be from 1 to {LIMIT_MAX}."),
        ))
    }

    /// The position after which the page starts.
    pub fn after<P: Position>(&self) -> Result<Option<P>, Problem> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
        let position = bytes.and_then(|bytes| P::decode(&bytes));
        position.map(Some).ok_or_else(|| {
            Problem::new(
                ProblemKind::InvalidCursor,
                "The cursor is not valid. Send `nextCursor` of the previous page unchanged, or leave `cursor` out.",
            )
        })
    }
}

impl<T> Page<T> {
    /// A page of at most `limit` items; `position` returns the position of an item.
    pub fn of<R, P: Position>(
        rows: Vec<R>,
        limit: i64,
        position: impl Fn(&R) -> P,
        view: impl Fn(R) -> T,
    ) -> Self {
        let is_full = i64::try_from(rows.len()).is_ok_and(|count| count >= limit);
        let next_cursor = rows
            .last()
            .filter(|_| is_full)
            .map(|last| BASE64_URL_SAFE_NO_PAD.encode(position(last).encode()));
        Self { items: rows.into_iter().map(view).collect(), next_cursor }
    }
}
