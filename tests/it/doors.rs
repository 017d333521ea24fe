//! What browsers may do with answers of the service, and who gets in.

mod browsers;
mod console;
mod tokens;
