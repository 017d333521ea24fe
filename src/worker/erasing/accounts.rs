//! The clients at Campaign Monitor whose lists are swept: those of the accounts of every connection of an instance.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::calls::ErasureCalls;
use super::job::ErasingJob;
use crate::connections::session::AccountSession;
use crate::connections::{Connection, store};

/// Connections that are read at a time.
const CONNECTIONS: i64 = 200;

/// The clients, each with a session that sees it.
pub struct Clients {
    /// By their ids, each once, however many connections lead to it.
    pub all: BTreeMap<String, Arc<AccountSession>>,
    /// Why some of them are unknown.
    pub obstacle: Option<String>,
}

/// Asks every account for its clients.
pub async fn clients(job: &ErasingJob, calls: &ErasureCalls) -> anyhow::Result<Clients> {
    let mut clients = Clients { all: BTreeMap::new(), obstacle: None };
    for connection in connections(job).await? {
        let opened = AccountSession::open(&job.app, &job.app.runs_client, &connection);
        let found = match opened {
            Ok(None) => continue,
            Ok(Some(session)) => {
                let session = Arc::new(session);
                let found = calls.call(&session, |account| async move { account.clients().await });
                found.await.map(|found| (session, found)).ok()
            }
            Err(error) => {
                tracing::error!(connection.id = %connection.id.0, %error, "a credential does not open");
                None
            }
        };
        match found {
            Some((session, found)) => clients
                .all
                .extend(found.into_iter().map(|client| (client.client_id, session.clone()))),
            None => clients.obstacle = Some(unreachable(&connection)),
        }
    }
    Ok(clients)
}

fn unreachable(connection: &Connection) -> String {
    let name = connection.display_name.as_str();
    format!(
        "The account of the connection “{name}” cannot be searched. Renew its credentials. Without the connection, its \
         lists are named as not reached."
    )
}

async fn connections(job: &ErasingJob) -> sqlx::Result<Vec<Connection>> {
    let (mut db, instance) = (job.app.db.read().await?, job.erasure.instance_id);
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let some = store::list(&mut db, instance, false, after, CONNECTIONS).await?;
        let Some(last) = some.last() else { return Ok(all) };
        after = Some(last.id.0);
        all.extend(some);
    }
}
