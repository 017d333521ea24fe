//! The processes of the service that live, as each of them says of itself.

mod process;
pub mod store;

pub use process::ServiceProcess;
