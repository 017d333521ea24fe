//! The endpoints: a folder a noun, with its handlers and their wire forms. Only `server/` builds on it.

pub mod access;
pub mod alerts;
pub mod audit;
pub mod channels;
pub mod connections;
pub mod erasures;
pub mod exports;
pub mod instance;
pub mod operator;
pub mod people;
mod quota;
pub mod refreshes;
pub mod runs;
pub mod schedules;
pub mod segments;
