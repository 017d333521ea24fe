//! Erasures: people who are erased everywhere, with proof, and what keeps them from being sent afterwards.
//!
//! A request is a row that names nobody: who they are is sealed beside it until the erasure is completed. A worker
//! searches each site, removes what it finds, and searches a second time. Tombstones, which are keyed hashes, keep runs
//! from sending the people before that is done, and for a while afterwards.

mod addresses;
mod case_text;
mod erasure;
pub mod measure;
mod people;
mod receipt;
mod remarks;
mod site;
mod sought;
pub mod store;
pub mod store_seals;
pub mod store_sites;
pub mod store_tombstones;
pub mod store_work;
mod tombstones;
mod unreached;

pub use addresses::{AddressesById, left_out};
pub use case_text::CaseText;
pub use erasure::{Erasure, ErasureId, ErasureStatus};
pub use people::{NamedPerson, PEOPLE_MAX, People};
pub use receipt::{ErasureReceipt, ReceiptSite, in_order};
pub use remarks::{RemarkFacts, remark};
pub use site::{Site, SiteRecord};
pub use sought::Sought;
pub use tombstones::{TombstoneKey, TombstoneSet, Tombstones};
pub use unreached::{unaddressed, unreached};
