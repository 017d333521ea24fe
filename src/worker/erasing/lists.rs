//! The lists of Campaign Monitor: who is on one, whatever put them there, is deleted from it.
//!
//! Two sweeps go through the people in groups. The first one counts a group, then deletes it; the second one finds out
//! whether anybody is there. How far it has come is stored after every step: who takes over counts nobody twice. At the
//! end the lists that exports may have filled are compared with those that the accounts have: one that no account has
//! is named, and then the lists are not verified.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};

use super::accounts::{Clients, clients};
use super::calls::ErasureCalls;
use super::job::ErasingJob;
use super::reached::{filled, reached};
use crate::campaign_monitor::{Account, Departure, Error, ListOfPerson, SubscriberState};
use crate::connections::session::AccountSession;
use crate::db;
use crate::erasures::{Site, store_sites, store_work, unreached};

/// People of a group, which is counted before any of it is deleted.
const GROUP: usize = 50;
/// The first sweep went through the accounts that could be reached, and begins anew once all can.
const PARTLY: i64 = -1;
/// Both sweeps are done, and some lists could not be reached, which the remark says.
const UNREACHED: i64 = -2;

/// A subscriber who is to be deleted.
struct Subscription {
    session: Arc<AccountSession>,
    list_id: String,
    email: String,
}

/// Sweeps until a second sweep finds nobody, or returns what is in the way.
pub async fn sweep(job: &mut ErasingJob) -> anyhow::Result<Option<String>> {
    if job.erasure.list_steps == UNREACHED {
        return Ok(None);
    }
    if job.people.emails.is_empty() {
        return finish(job, &BTreeMap::new()).await.map(|()| None);
    }
    let calls = ErasureCalls::new(&job.app.config.work);
    let clients = clients(job, &calls).await?;
    let emails: Vec<String> = job.people.emails.iter().cloned().collect();
    let groups: Vec<&[String]> = emails.chunks(GROUP).collect();
    let sweep = 2 * i64::try_from(groups.len())?;
    if job.erasure.list_steps == PARTLY {
        if clients.obstacle.is_some() {
            return Ok(clients.obstacle);
        }
        job.erasure.list_steps = 0;
    }
    while job.erasure.list_steps < 2 * sweep {
        let step = job.erasure.list_steps;
        if step >= sweep && clients.obstacle.is_some() {
            set_steps(job, PARTLY).await?;
            return Ok(clients.obstacle);
        }
        let group = groups[usize::try_from(step % sweep / 2)?];
        if let Err(error) = sweep_group(job, &calls, &clients, group, sweep).await? {
            return Ok(Some(unanswered(&error)));
        }
    }
    if clients.obstacle.is_some() {
        return Ok(clients.obstacle);
    }
    let reached = match reached(&calls, &clients).await {
        Ok(reached) => reached,
        Err(error) => return Ok(Some(unanswered(&error))),
    };
    let mut lists = filled(job).await?;
    lists.retain(|list, _| !reached.contains(list));
    finish(job, &lists).await.map(|()| None)
}

fn unanswered(error: &Error) -> String {
    format!("Campaign Monitor does not answer as it should ({}).", error.kind())
}

/// Verifies the lists, unless there are some that could not be reached: these are named.
async fn finish(job: &ErasingJob, lists: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let (id, mut tx) = (job.erasure.id, job.write().await?);
    if lists.is_empty() {
        store_sites::verify(&mut tx, id, Site::Lists, db::now()).await?;
    } else {
        store_sites::add_remark(&mut tx, id, Site::Lists, &unreached(lists)).await?;
        store_work::set_list_steps(&mut tx, id, UNREACHED).await?;
    }
    Ok(tx.commit().await?)
}

/// Does the next steps with a group: finds its subscriptions, counts them unless an attempt that died has, and deletes
/// them.
async fn sweep_group(
    job: &mut ErasingJob,
    calls: &ErasureCalls,
    clients: &Clients,
    group: &[String],
    sweep: i64,
) -> anyhow::Result<Result<(), Error>> {
    let found = match subscriptions(calls, clients, group).await {
        Ok(found) => found,
        Err(error) => return Ok(Err(error)),
    };
    let (step, count) = (job.erasure.list_steps, i64::try_from(found.len())?);
    let is_counted = step % 2 == 1;
    if !is_counted {
        set_counted(job, step + 1, count).await?;
    }
    let deleted = match delete(calls, found).await {
        Ok(deleted) => i64::try_from(deleted)?,
        Err(error) => return Ok(Err(error)),
    };
    let is_second = step >= sweep;
    // Somebody was put on a list since the first sweep: nobody is verified until a sweep finds none.
    let next = if is_second && deleted > 0 { sweep } else { step - step % 2 + 2 };
    let mut tx = job.write().await?;
    // Who had left a list before, and cannot be deleted there any more, was not found on it.
    job.count(&mut tx, Site::Lists, deleted - count, deleted).await?;
    store_work::set_list_steps(&mut tx, job.erasure.id, next).await?;
    tx.commit().await?;
    job.erasure.list_steps = next;
    Ok(Ok(()))
}

async fn set_counted(job: &mut ErasingJob, step: i64, found: i64) -> anyhow::Result<()> {
    let mut tx = job.write().await?;
    job.count(&mut tx, Site::Lists, found, 0).await?;
    store_work::set_list_steps(&mut tx, job.erasure.id, step).await?;
    Ok(tx.commit().await?)
}

async fn set_steps(job: &ErasingJob, steps: i64) -> anyhow::Result<()> {
    let mut tx = job.write().await?;
    store_work::set_list_steps(&mut tx, job.erasure.id, steps).await?;
    Ok(tx.commit().await?)
}

/// Where the people of a group are subscribers who are not deleted.
async fn subscriptions(
    calls: &ErasureCalls,
    clients: &Clients,
    group: &[String],
) -> Result<Vec<Subscription>, Error> {
    let mut asked = Vec::with_capacity(group.len() * clients.all.len());
    for email in group {
        let of_client = |(client, session): (&String, &Arc<AccountSession>)| {
            (session.clone(), client.clone(), email.clone())
        };
        asked.extend(clients.all.iter().map(of_client));
    }
    let found = stream::iter(asked).map(|(session, client, email)| async move {
        let lists = lists_of(calls, &session, &client, &email).await?;
        let there = lists.into_iter().filter(|list| list.state != SubscriberState::Deleted);
        let subscription = |list: ListOfPerson| Subscription {
            session: session.clone(),
            list_id: list.list_id,
            email: email.clone(),
        };
        Ok::<_, Error>(there.map(subscription).collect::<Vec<_>>())
    });
    let found: Vec<Vec<_>> = found.buffer_unordered(calls.most()).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// Nobody has an address that Campaign Monitor does not take for one.
async fn lists_of(
    calls: &ErasureCalls,
    session: &AccountSession,
    client: &str,
    email: &str,
) -> Result<Vec<ListOfPerson>, Error> {
    let lists = calls
        .call(session, |account| async move { account.lists_of_person(client, email).await })
        .await;
    match lists {
        Err(error) if error.is_personal() => Ok(vec![]),
        lists => lists,
    }
}

/// Deletes subscribers. Returns how many there were to delete.
async fn delete(calls: &ErasureCalls, found: Vec<Subscription>) -> Result<usize, Error> {
    let deleted = stream::iter(found).map(|one| async move {
        let (list, email) = (one.list_id.as_str(), one.email.as_str());
        let delete = |account: Account| async move { account.delete(list, email).await };
        calls.call(&one.session, delete).await
    });
    let deleted: Vec<_> = deleted.buffer_unordered(calls.most()).try_collect().await?;
    Ok(deleted.into_iter().filter(|departure| *departure == Departure::Done).count())
}
