//! Moves the members of Customer Insights segments into Campaign Monitor lists.

pub mod campaign_monitor;
pub mod sample;
pub mod storage;
