//! The service: opens everything, starts its parts, and stops them in order.

mod open;
mod owner;
mod parts;

pub use open::{migrate, open, open_db, open_existing_db};
pub use owner::{own_database, remove_unfinished_uploads, take_over_runs};
pub use parts::Service;
