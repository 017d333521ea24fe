//! Whether links that say what to do are ones that this service made. Who writes to the database can change them, and
//! what is done on their word is signed by this service.

use sqlx::Result;

use super::link::{Head, Link};
use super::store;
use crate::db::handle::ReadHandle;
use crate::secrets::Keys;

/// Links that are read at a time.
const PAGE: i64 = 500;

/// What the links say that retention has removed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Removed {
    /// The newest one that this service made.
    pub proven: Option<Link>,
    /// The position of the newest one that it did not make.
    pub forged: Option<i64>,
}

/// What retention has removed, on the word of this service alone.
pub(crate) async fn removed(tx: &mut ReadHandle, keys: &Keys) -> Result<Removed> {
    let (mut removed, mut below) = (Removed::default(), i64::MAX);
    while let Some(link) = store::removal_below(tx, below).await? {
        below = link.position;
        if is_ours(tx, keys, &link).await? {
            removed.proven = Some(link);
            break;
        }
        removed.forged.get_or_insert(below);
    }
    Ok(removed)
}

async fn is_ours(tx: &mut ReadHandle, keys: &Keys, link: &Link) -> Result<bool> {
    let before = link.position - 1;
    let stored = store::at(tx, before).await?;
    let through = link.removal().map(|removal| removal.through);
    let through = through.filter(|through| through.position == before);
    let begin = if before == 0 { Some(Head::default()) } else { stored.or(through) };
    let Some(begin) = begin else { return Ok(false) };
    Ok(read(tx, keys, begin, link.position).await?.as_ref() == Some(link))
}

/// The link at position `to`, if this service made it and every link after `begin` up to it: each follows the one
/// before, and a key of the settings has marked it, or one that follows it.
pub(crate) async fn read(
    tx: &mut ReadHandle,
    keys: &Keys,
    begin: Head,
    to: i64,
) -> Result<Option<Link>> {
    let (mut head, mut found) = (begin, None);
    loop {
        let links = store::list(tx, head.position, PAGE).await?;
        if links.is_empty() {
            return Ok(None);
        }
        for (_, link) in links {
            let Some(link) = link.ok().filter(|link| link.follows(&head)) else { return Ok(None) };
            let is_marked = keys.has_marked(&link.key_id, &link.hash, &link.mark);
            head = link.head();
            if head.position == to {
                found = Some(link);
            }
            match is_marked {
                Some(false) => return Ok(None),
                Some(true) if found.is_some() => return Ok(found),
                _ => {}
            }
        }
    }
}
