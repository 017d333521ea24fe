//! Finds the profiles that were sent in place of their duplicates.
//!
//! Only their addresses are known while the run sends, and of those only hashes. So when all rows are read, and there
//! were duplicates, addresses and consents are read once more; the rule that chose a profile then chooses it again.

use std::collections::HashMap;

use arrow_array::RecordBatch;

use super::columns::CUSTOMER_ID_COLUMN;
use super::consents::{Choice, Said};
use super::plan::Plan;
use super::seen::Seen;
use crate::campaign_monitor::ConsentReading;
use crate::runs::Winner;

/// Looks for the profiles that were sent.
pub struct Winners {
    seen: Seen,
    /// By the slots of their addresses.
    sought: HashMap<usize, Sought>,
    /// Their slots, and their positions in the run.
    duplicates: Vec<(usize, i64)>,
}

#[derive(Default)]
struct Sought {
    said: Said,
    customer_id: Option<String>,
}

impl Winners {
    /// `said` is empty where no consent comes from a field.
    pub fn new(seen: Seen, said: &[Said], duplicates: Vec<(usize, i64)>) -> Self {
        let said = |slot: usize| said.get(slot).copied().unwrap_or_default().unsent();
        let sought = |slot| (slot, Sought { said: said(slot), customer_id: None });
        let sought = duplicates.iter().map(|(slot, _)| sought(*slot)).collect();
        Self { seen, sought, duplicates }
    }

    /// Looks for them in a page, of which `decisive` reads the columns.
    pub fn inspect(&mut self, decisive: &Plan, page: &RecordBatch) {
        let columns = &decisive.columns_of(page);
        for row in 0..page.num_rows() {
            let Some(customer_id) = columns.written(CUSTOMER_ID_COLUMN, row) else { continue };
            let Ok(address) = decisive.address(columns, row) else { continue };
            let (slot, _) = self.seen.slot(&address);
            let Some(sought) = self.sought.get_mut(&slot) else { continue };
            let consents = decisive.consents(columns, row);
            if !consents.contains(&ConsentReading::Unreadable)
                && sought.said.choose(consents) == Choice::Send
            {
                sought.customer_id = Some(customer_id.to_owned());
            }
        }
    }

    /// The duplicates, each with the profile that was sent.
    pub fn found(&self) -> impl Iterator<Item = Winner> {
        self.duplicates.iter().filter_map(|(slot, position)| {
            let customer_id = self.sought.get(slot)?.customer_id.clone()?;
            Some(Winner { position: *position, customer_id })
        })
    }
}
