//! Receipts: what a run proves to people who do not trust this service, and the key that signs it.
//!
//! A receipt names what was read, what was answered and what was found on the list, and its own limits. It has no
//! address of any member. The key is made once for a deployment and sealed like every secret; older public keys stay,
//! so that older receipts can be verified.

mod gather;
mod key;
mod limits;
mod receipt;
pub mod signer;
pub mod store;

pub use gather::gather;
pub use receipt::{CountedMoment, PlanDecision, Receipt, SegmentRead, VerificationRecord};
