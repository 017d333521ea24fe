//! Baselines: what Campaign Monitor last acknowledged of every member of an export.
//!
//! A baseline belongs to an export and a list. It has a row in the table `baselines`, which names **layers**: immutable
//! objects in the storage, sorted by a hash of the address, of which the newest row of a member counts. Updates are
//! folded into the next baseline; who stores that row makes it count. Everything streams, except the index, which takes
//! at most 17 bytes a member.

mod baseline;
mod blocking;
mod buckets;
mod error;
mod find;
mod fold;
mod forget;
mod index;
mod layer;
mod member;
mod members;
mod merged;
pub mod orphans;
mod removed;
mod row;
mod said_no;
mod settled;
mod slot_set;
mod starts;
mod state;
pub mod store;
pub mod store_forget;
pub mod store_settled;
#[cfg(test)]
mod tests;

pub use baseline::Baseline;
pub use error::Error;
pub use find::{FoundByCustomer, FoundMember, find_addresses, find_customer};
pub use fold::fold;
pub use forget::{seen, without_people};
pub use index::{HashKind, Index, Known};
pub use member::ListMember;
pub use members::{members, members_from};
pub use removed::OffListPeople;
pub use said_no::{RunEnds, SaidNo, no_hash};
pub use settled::{Settled, SettledPlan, members_hash};
pub use slot_set::SlotSet;
pub use state::{MemberOrigin, MemberState};
