//! A refresh is Customer Insights bringing its segments up to date. It starts every export whose schedule follows it.

pub mod api;
pub mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::audit::Author;
use crate::db::{Time, Tx};
use crate::exports;
use crate::runs::Run;
use crate::runs::start::{Cause, start_or_skip};

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

/// Starts, or skips with the reason, a run of every export of the instance that follows its refreshes.
pub async fn start_followers(
    tx: &mut Tx,
    author: &Author,
    cause: Cause,
    now: Time,
) -> sqlx::Result<Vec<Run>> {
    let mut runs = Vec::new();
    for listed in exports::store::all(tx, author.instance).await? {
        if listed.schedule.follows_refreshes()
            && let Some(export) =
                exports::store::get_to_change(tx, author.instance, listed.id).await?
        {
            runs.push(start_or_skip(tx, &export, author, cause, now).await?);
        }
    }
    Ok(runs)
}
