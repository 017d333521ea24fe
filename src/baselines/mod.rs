//! Baselines: what Campaign Monitor last acknowledged of every member of an export.
//!
//! A baseline belongs to an export and a list. It has a row in the table `baselines`, which names **layers**: immutable
//! objects in the storage, sorted by a hash of the address, of which the newest row of a member counts. Updates are
//! folded into the next baseline; who stores that row makes it count. Everything streams, except the index, which takes
//! 16 bytes a member.

mod baseline;
mod blocking;
mod buckets;
mod error;
mod fold;
mod index;
mod layer;
mod member;
mod members;
mod merged;
pub mod orphans;
mod removed;
mod row;
mod said_no;
mod slot_set;
mod state;
pub mod store;
#[cfg(test)]
mod tests;

pub use baseline::Baseline;
pub use error::Error;
pub use fold::fold;
pub use index::{HashKind, Index, Known};
pub use member::ListMember;
pub use members::{members, members_from};
pub use removed::OffListPeople;
pub use said_no::SaidNo;
pub use slot_set::SlotSet;
pub use state::{MemberOrigin, MemberState};
