//! Tells the rows of a run that are sent from the others, and makes batches of them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use arrow_array::RecordBatch;

use super::columns::{CUSTOMER_ID_COLUMN, Columns, EMAIL_COLUMN};
use super::consents::{Choice, Consents, Said};
use super::encoded::EncodedBatch;
use super::integers::to_i64;
use super::plan::Plan;
use super::rejection::{Profile, RejectionCode};
use super::seen::Seen;
use super::unreadable::{self, UnreadableConsent};
use super::winners::Winners;
use crate::campaign_monitor::address::{self, Flaw};
use crate::campaign_monitor::{ConsentReading, Encoded};
use crate::runs::{Rejection, RejectionOutcome};

/// Tells the rows to be sent from the others.
pub struct Sifter {
    plan: Arc<Plan>,
    seen: Seen,
    /// What is said by the profiles of the address in each slot of `seen`; empty where no consent comes from a field.
    said: Vec<Said>,
    /// Rows that have been accounted for.
    position: i64,
    answered: HashSet<i64>,
    next_number: i64,
    next_row: i64,
    /// The slots of the rows that another one is sent for, and their positions in the run.
    duplicates: Vec<(usize, i64)>,
}

impl Sifter {
    /// For as many rows as there is room for.
    pub fn new(plan: Arc<Plan>, room: usize, seed: u64) -> Self {
        Self {
            plan,
            seen: Seen::with_room_for(room, seed),
            said: vec![],
            position: 0,
            answered: HashSet::new(),
            next_number: 1,
            next_row: 0,
            duplicates: vec![],
        }
    }

    /// Makes no batch of rows up to a position, and of the pages that begin with these rows.
    pub fn skip(&mut self, position: i64, answered: HashSet<i64>) {
        (self.position, self.answered) = (position, answered);
    }

    /// Learns what the profiles of a page say, which `decisive` reads.
    pub fn hear(&mut self, decisive: &Plan, page: &RecordBatch) {
        if self.said.is_empty() {
            self.said = vec![Said::default(); self.seen.slots()];
        }
        let columns = &decisive.columns_of(page);
        for row in 0..page.num_rows() {
            let text = columns.written(EMAIL_COLUMN, row).unwrap_or_default();
            let consents = decisive.consents(columns, row);
            match usable_address(decisive, columns, row) {
                Ok(address) => self.said_of(&address).hear(consents),
                // It is not sent, but the person who is meant has said no.
                Err(_) if Said::may_refuse(consents) => {
                    if let Some(address) = address::meant(text) {
                        self.said_of(&address).hear_unsent(consents);
                    }
                }
                Err(_) => {}
            }
        }
    }

    fn said_of(&mut self, address: &str) -> &mut Said {
        let (slot, _) = self.seen.slot(address);
        &mut self.said[slot]
    }

    /// The batch of a page; `None` when all of it has been accounted for.
    pub fn sift(&mut self, page: RecordBatch) -> Option<EncodedBatch> {
        let (number, first_row) = (self.next_number, self.next_row);
        self.next_number += 1;
        self.next_row += to_i64(page.num_rows());
        let (records, refused) = self.sort(&page, number, first_row);
        if self.next_row <= self.position || self.answered.contains(&first_row) {
            return None;
        }
        let encoded =
            if records.is_empty() { Encoded::default() } else { self.plan.encode(&page, &records) };
        let field_warnings = self.plan.names.warnings(&encoded);
        let Encoded { body, misfits, .. } = encoded;
        let problems = if misfits.is_empty() {
            vec![]
        } else {
            self.plan.names.problems(misfits, &self.plan.columns_of(&page), first_row)
        };
        Some(EncodedBatch {
            number,
            first_row,
            page,
            records,
            refused,
            body,
            problems,
            field_warnings,
        })
    }

    fn sort(
        &mut self,
        page: &RecordBatch,
        batch: i64,
        first_row: i64,
    ) -> (Vec<usize>, Vec<Rejection>) {
        let plan = Arc::clone(&self.plan);
        let columns = &plan.columns_of(page);
        let mut records = Vec::with_capacity(page.num_rows());
        let mut refused = Vec::new();
        for row in 0..page.num_rows() {
            match self.check(columns, row) {
                Ok(()) => records.push(row),
                Err(objection) => {
                    if let Objection::Duplicate { slot } = objection {
                        self.duplicates.push((slot, first_row + to_i64(row)));
                    }
                    let (outcome, code, message) = objection.explain();
                    let profile = Profile { columns, batch, first_row, row };
                    refused.push(profile.reject(outcome, code, message));
                }
            }
        }
        (records, refused)
    }

    fn check(&mut self, columns: &Columns<'_>, row: usize) -> Result<(), Objection> {
        let plan = Arc::clone(&self.plan);
        let address = usable_address(&plan, columns, row)?;
        if !self.said.is_empty() {
            let consents = self.plan.consents(columns, row);
            if consents.contains(&ConsentReading::Unreadable) {
                return Err(Objection::Unreadable(self.plan.unreadable_consents(columns, row)));
            }
            return self.choose(&address, consents);
        }
        match self.seen.slot(&address) {
            (_, true) => Ok(()),
            (slot, false) => Err(Objection::Duplicate { slot }),
        }
    }

    /// All of the consents can be read.
    fn choose(&mut self, address: &str, consents: Consents) -> Result<(), Objection> {
        let (slot, _) = self.seen.slot(address);
        match self.said[slot].choose(consents) {
            Choice::Send => Ok(()),
            Choice::Duplicate => Err(Objection::Duplicate { slot }),
            Choice::Conflict => Err(Objection::Conflict),
        }
    }

    /// What finds out which rows were sent for the duplicates. `None`: there are none.
    pub fn winners(self) -> Option<Winners> {
        let Self { seen, said, duplicates, .. } = self;
        (!duplicates.is_empty()).then(|| Winners::new(seen, &said, duplicates))
    }
}

/// The address of a profile that has what every profile needs.
fn usable_address<'a>(
    plan: &Plan,
    columns: &'a Columns<'_>,
    row: usize,
) -> Result<Cow<'a, str>, Objection> {
    if columns.written(CUSTOMER_ID_COLUMN, row).is_none() {
        return Err(Objection::NoCustomerId);
    }
    plan.address(columns, row).map_err(Objection::Flawed)
}

/// Why a row is not sent.
enum Objection {
    NoCustomerId,
    Flawed(Flaw),
    /// Consents that are neither a yes nor a no.
    Unreadable(Vec<UnreadableConsent>),
    /// No profile with its address may be sent: their consents contradict each other.
    Conflict,
    /// Another row is sent, whose address has this slot.
    Duplicate {
        slot: usize,
    },
}

impl Objection {
    fn explain(&self) -> (RejectionOutcome, RejectionCode, String) {
        use RejectionOutcome::{Duplicate, Invalid};
        match self {
            Self::NoCustomerId => (
                Invalid,
                RejectionCode::CustomerIdMissing,
                "The profile has no CustomerId.".to_owned(),
            ),
            Self::Flawed(flaw) => (Invalid, RejectionCode::of(flaw), flaw.to_string()),
            Self::Unreadable(consents) => {
                (Invalid, RejectionCode::ConsentUnreadable, unreadable::explain(consents))
            }
            Self::Conflict => (
                Invalid,
                RejectionCode::ConsentConflict,
                "Another profile with this address says no where this one does not, or its consent is unreadable. \
                 Correct the profiles, or merge them."
                    .to_owned(),
            ),
            Self::Duplicate { .. } => (
                Duplicate,
                RejectionCode::DuplicateAddress,
                "Another profile with this address is sent in its place.".to_owned(),
            ),
        }
    }
}
