//! Makes records of the members of segments: which rows are sent, in which form, and why the others are not.
//!
//! A run sends what a preview only counts; both take it from here, so both report the same.

pub mod address_changes;
pub mod basis;
pub mod batcher;
pub mod batches;
pub mod census;
pub mod columns;
pub mod comparison;
mod consents;
pub mod deciding;
mod doubt;
pub mod encoded;
mod encoder;
mod erased;
mod examples;
mod field_list;
mod fingerprint;
pub mod forecast;
mod gathering;
pub mod hasher;
pub mod integers;
mod known_ids;
pub mod leaver_set;
pub mod marking;
pub mod other_exports;
pub mod outlook;
pub mod plan;
pub mod plan_failure;
pub mod plan_subject;
pub mod positions;
mod readmitted;
pub mod rejection;
mod seen;
mod sifter;
pub mod unreadable;
mod value_problems;
pub mod values_page;
pub mod winners;
