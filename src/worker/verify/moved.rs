//! People who came to the list while it was read: they may stand on a page that was read before.

use super::failure::Failure;
use super::pages::Yardstick;
use super::reader::Reader;
use crate::campaign_monitor::{PAGE_SUBSCRIBERS, PageQuery, SubscriberState};
use crate::verifications::Tally;

/// Meets those who became active since.
pub async fn meet_moved(
    reader: &Reader<'_>,
    yardstick: &Yardstick,
    since: &str,
) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    for number in 1.. {
        let (state, since) = (SubscriberState::Active, Some(since.to_owned()));
        let page = reader.page(&PageQuery { state, number, since }).await?;
        let found = yardstick.meet(page, false).await?;
        tally.merge(found.tally);
        if number * PAGE_SUBSCRIBERS >= found.total || found.rows == 0 {
            break;
        }
    }
    Ok(tally)
}
