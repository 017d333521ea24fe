//! Makes records of the members of segments: which rows are sent, in which form, and why the others are not.
//!
//! A run sends what a preview only counts; both take it from here, so both report the same.

pub mod batches;
pub mod census;
pub mod columns;
mod consents;
pub mod encoded;
mod examples;
mod field_list;
pub mod forecast;
pub mod hasher;
pub mod integers;
pub mod leaver_set;
pub mod outlook;
pub mod plan;
pub mod rejection;
mod seen;
mod sifter;
pub mod unreadable;
mod value_problems;
pub mod values_page;
pub mod winners;
