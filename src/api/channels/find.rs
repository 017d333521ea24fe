//! Finds channels for callers of the API, who see only those of their own instance.

use uuid::Uuid;

use crate::channels::{Channel, store};
use crate::db::{ReadHandle, WriteHandle};
use crate::http::problem::Problem;
use crate::names::ChannelId;

const NONE: &str = "channel with this id";

/// The channel `id` of `instance`, or 404.
pub async fn find(tx: &mut ReadHandle, instance: Uuid, id: ChannelId) -> Result<Channel, Problem> {
    store::get(tx, instance, id).await?.ok_or_else(|| Problem::not_found(NONE))
}

/// The same, to change it: nobody else can change it until the transaction ends.
pub async fn find_to_change(
    tx: &mut WriteHandle,
    instance: Uuid,
    id: ChannelId,
) -> Result<Channel, Problem> {
    store::get_to_change(tx, instance, id).await?.ok_or_else(|| Problem::not_found(NONE))
}
