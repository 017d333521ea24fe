//! A segment is a set of unified customer profiles, and where its members are stored.

mod members;
pub mod orphans;
mod segment;
mod source;
mod source_flaw;
pub mod store;
pub mod store_forget;
mod view;

pub use members::{check_open, current, inspect, receive_limits, save_inspection};
pub use segment::{Segment, SegmentId, SegmentName, Unreadable};
pub use source::SegmentSource;
pub use source_flaw::SourceFlaw;
pub(crate) use view::SegmentView;
