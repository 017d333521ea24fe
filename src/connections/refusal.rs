//! Records that Campaign Monitor rejects a credential.

use super::connection::Connection;
use super::store;
use crate::audit::{self, Action, Author, Change, SystemActor};
use crate::campaign_monitor::Error;
use crate::db::WriteHandle;
use crate::names::ConnectionId;

/// Once for each generation of the credential, with an event in the audit.
pub(super) async fn record_refusal(
    tx: &mut WriteHandle,
    id: ConnectionId,
    generation: i64,
    error: &Error,
) -> sqlx::Result<()> {
    let Some(new) = store::set_refused(tx, id, generation, &error.refusal()).await? else {
        return Ok(());
    };
    let old = Connection { refused_message: None, ..new.clone() };
    let author = Author::system(new.instance_id, SystemActor::Session);
    audit::record(tx, &author, Action::ConnectionRefuse, Change::between(&old, &new)).await
}
