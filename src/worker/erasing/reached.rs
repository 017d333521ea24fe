//! Which lists an erasure reaches, and which ones it would have to: who finds nobody has proved nothing of a list that
//! could not be asked, because its connection was removed, or leads to another account by now.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};

use super::accounts::Clients;
use super::calls::ErasureCalls;
use super::job::ErasingJob;
use crate::baselines::store_forget;
use crate::campaign_monitor::{Account, Error};
use crate::exports;
use crate::runs;

/// The lists to which exports of the instance send or have sent, as far as anything of that is kept; each with the name
/// of an export. A list of an export that was removed is known by its runs.
pub async fn filled(job: &ErasingJob) -> sqlx::Result<BTreeMap<String, String>> {
    let (mut db, instance) = (job.app.db.read().await?, job.erasure.instance_id);
    let baselines = store_forget::of_instance(&mut db, instance).await?;
    let of_baselines = baselines.into_iter().map(|named| named.baseline.list_id);
    let mut lists: BTreeMap<_, _> = of_baselines.map(|list| (list, "an export".into())).collect();
    lists.extend(runs::store_forget::begun_to(&mut db, instance).await?);
    let exports = exports::store::all(&mut db, instance).await?;
    let named = |export: &exports::Export| {
        (export.list_id.as_str().to_owned(), export.display_name.as_str().to_owned())
    };
    lists.extend(exports.iter().map(named));
    Ok(lists)
}

/// The ids of all lists of the clients.
pub async fn reached(calls: &ErasureCalls, clients: &Clients) -> Result<BTreeSet<String>, Error> {
    let clients: Vec<_> = clients.all.clone().into_iter().collect();
    let lists = stream::iter(clients).map(|(client, session)| async move {
        let client = client.as_str();
        let ask = |account: Account| async move { account.lists(client).await };
        let lists = calls.call(&session, ask).await?;
        Ok::<_, Error>(lists.into_iter().map(|list| list.list_id).collect::<Vec<_>>())
    });
    let lists: Vec<Vec<String>> = lists.buffer_unordered(calls.most()).try_collect().await?;
    Ok(lists.into_iter().flatten().collect())
}
