//! Tells the rows of a run that may be sent from the others.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::RecordBatch;

use super::columns::{CUSTOMER_ID_COLUMN, Columns, EMAIL_COLUMN};
use super::comparison::Comparison;
use super::consents::{Choice, Consents, Said};
use super::integers::to_i64;
use super::plan::Plan;
use super::rejection::{Profile, RejectionCode};
use super::seen::Seen;
use super::unreadable::{self, UnreadableConsent};
use super::winners::Winners;
use crate::campaign_monitor::ConsentReading;
use crate::campaign_monitor::address::{self, Flaw};
use crate::params::Params;
use crate::runs::{Rejection, RejectionOutcome};

/// A page, and which of its rows may be sent.
pub struct Sifted {
    pub page: RecordBatch,
    /// Its number in the run, from 1.
    pub number: i64,
    /// Its first row in the run.
    pub first_row: i64,
    /// The rows that may be sent.
    pub records: Vec<usize>,
    /// The keys of their addresses in the baseline; empty where nothing is compared.
    pub keys: Vec<u64>,
    /// The rows that are not sent, and why.
    pub refused: Vec<Rejection>,
}

impl Sifted {
    /// The row of the run after its last one.
    pub fn end(&self) -> i64 {
        self.first_row + to_i64(self.page.num_rows())
    }
}

/// Tells the rows to be sent from the others.
pub struct Sifter {
    plan: Arc<Plan>,
    seen: Seen,
    /// What is said by the profiles of the address in each slot of `seen`; empty where no consent comes from a field.
    said: Vec<Said>,
    /// Makes the keys of addresses.
    comparison: Option<Arc<Comparison>>,
    next_number: i64,
    next_row: i64,
    /// The slots of the rows that another one is sent for, and their positions in the run.
    duplicates: Vec<(usize, i64)>,
}

impl Sifter {
    /// For as many rows as there is room for.
    pub fn new(
        plan: Arc<Plan>,
        room: usize,
        seed: u64,
        comparison: Option<Arc<Comparison>>,
    ) -> Self {
        Self {
            plan,
            seen: Seen::with_room_for(room, seed),
            said: vec![],
            comparison,
            next_number: 1,
            next_row: 0,
            duplicates: vec![],
        }
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

    /// Tells the rows of the next page apart.
    pub fn sift(&mut self, page: RecordBatch) -> Sifted {
        let plan = Arc::clone(&self.plan);
        let mut sifted = Sifted {
            number: self.next_number,
            first_row: self.next_row,
            records: Vec::with_capacity(page.num_rows()),
            keys: vec![],
            refused: vec![],
            page,
        };
        (self.next_number, self.next_row) = (sifted.number + 1, sifted.end());
        let page = sifted.page.clone();
        let columns = &plan.columns_of(&page);
        for row in 0..page.num_rows() {
            match self.check(&plan, columns, row) {
                Ok(key) => {
                    sifted.records.push(row);
                    sifted.keys.extend(key);
                }
                Err(objection) => self.refuse(&objection, columns, row, &mut sifted),
            }
        }
        sifted
    }

    fn refuse(
        &mut self,
        objection: &Objection,
        columns: &Columns<'_>,
        row: usize,
        sifted: &mut Sifted,
    ) {
        let position = sifted.first_row + to_i64(row);
        if let Objection::Duplicate { slot } = objection {
            self.duplicates.push((*slot, position));
        }
        let (outcome, code, message) = objection.explain();
        let profile = Profile { columns, batch: sifted.number, position, row };
        let rejection = profile.reject(outcome, code, message).naming(objection.params());
        let is_erased = matches!(objection, Objection::Erased);
        sifted.refused.push(if is_erased { rejection.without_person() } else { rejection });
    }

    /// The key of the address in the baseline, if it is compared.
    fn check(
        &mut self,
        plan: &Plan,
        columns: &Columns<'_>,
        row: usize,
    ) -> Result<Option<u64>, Objection> {
        let address = usable_address(plan, columns, row)?;
        self.check_address(&address, columns, row)?;
        Ok(self.comparison.as_ref().map(|comparison| comparison.key(&address)))
    }

    fn check_address(
        &mut self,
        address: &str,
        columns: &Columns<'_>,
        row: usize,
    ) -> Result<(), Objection> {
        if !self.said.is_empty() {
            let consents = self.plan.consents(columns, row);
            if consents.contains(&ConsentReading::Unreadable) {
                return Err(Objection::Unreadable(self.plan.unreadable_consents(columns, row)));
            }
            return self.choose(address, consents);
        }
        match self.seen.slot(address) {
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
    if plan.is_erased(columns, row) {
        return Err(Objection::Erased);
    }
    if columns.written(CUSTOMER_ID_COLUMN, row).is_none() {
        return Err(Objection::NoCustomerId);
    }
    plan.address(columns, row).map_err(Objection::Flawed)
}

/// Why a row is not sent.
enum Objection {
    /// A tombstone keeps the person from being sent.
    Erased,
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
    /// What the message names, beside values of the person.
    fn params(&self) -> Params {
        match self {
            Self::Flawed(flaw) => RejectionCode::params(flaw),
            Self::Unreadable(consents) => unreadable::params(consents),
            _ => Params::default(),
        }
    }

    fn explain(&self) -> (RejectionOutcome, RejectionCode, String) {
        use RejectionOutcome::{Duplicate, Invalid};
        match self {
            Self::Erased => (
                Invalid,
                RejectionCode::Erased,
                "The person was erased on request, and is not sent.".to_owned(),
            ),
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
