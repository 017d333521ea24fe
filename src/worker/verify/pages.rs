//! Compares a page of the list with what is expected of it.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::failure::Failure;
use super::known::KnownStates;
use crate::campaign_monitor::{PageText, StoredComparison, SubscriberRow};
use crate::verifications::{DifferenceKind, Expectation, Expected, ListDifference, Tally};

/// What a page has shown.
pub struct PageFindings {
    /// How many people the list had when the page was read.
    pub total: i64,
    /// How many are on the page.
    pub rows: usize,
    pub tally: Tally,
}

/// What is compared with the list.
#[derive(Clone)]
pub struct Yardstick {
    pub expected: Arc<Expected>,
    pub comparison: Arc<StoredComparison>,
    /// Whom the export knows, also of those whom its segments do not have any more.
    pub known: Option<Arc<KnownStates>>,
    pub list: String,
}

impl Yardstick {
    /// Meets everybody on a page. Strangers count where the page is read for the first time.
    pub async fn meet(&self, page: PageText, is_first: bool) -> Result<PageFindings, Failure> {
        let yardstick = self.clone();
        spawn_blocking(move || yardstick.meet_all(&page, is_first)).await?
    }

    fn meet_all(&self, page: &PageText, is_first: bool) -> Result<PageFindings, Failure> {
        let page = page.parse().map_err(|error| Failure::of(&error, &self.list))?;
        let mut tally = Tally::default();
        for row in &page.results {
            self.meet_one(row, is_first, &mut tally);
        }
        Ok(PageFindings { total: page.total_number_of_records, rows: page.results.len(), tally })
    }

    fn is_known(&self, address: &str) -> bool {
        self.known.as_ref().is_some_and(|known| known.is_on_list(address))
    }

    /// Meets somebody who is active on the list.
    pub fn meet_one(&self, row: &SubscriberRow<'_>, may_be_stranger: bool, tally: &mut Tally) {
        let address = row.email_address.as_str();
        let met = self.expected.meet(address, |shape| self.comparison.stored(row, shape));
        let kind = match met {
            None if may_be_stranger && !self.is_known(address) => DifferenceKind::Stranger,
            Some(met) if met.is_first => match (met.expectation, met.is_as_sent) {
                (Expectation::Refused, _) => return,
                (_, true) => {
                    tally.confirmed += 1;
                    return;
                }
                (Expectation::OnList, false) => DifferenceKind::ChangedByOthers,
                (Expectation::InDoubt, false) => DifferenceKind::Unknown,
            },
            _ => return,
        };
        tally.add(ListDifference {
            kind,
            email: address.to_owned(),
            customer_id: None,
            state: Some(row.state.word().to_owned()),
        });
    }
}
