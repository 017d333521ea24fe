//! Settings that keep one caller from holding up the others.

use std::num::NonZeroU32;

use clap::Args;

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct Overload {
    /// Calls a second that one caller may make for long: a user of an instance, or an address without a valid token.
    /// Each process counts by itself. 0 sets no limit.
    #[arg(long, env = "SEGMENT_EXPORT_MAX_CALLS_PER_SECOND", default_value_t = 100)]
    pub max_calls_per_second: u32,
    /// Calls that one caller may make at once, after a pause.
    #[arg(long, env = "SEGMENT_EXPORT_MAX_CALL_BURST", default_value = "500")]
    pub max_call_burst: NonZeroU32,
    /// Calls a second that all callers of an instance together may make for long. Each process counts by itself. 0 sets
    /// no limit.
    #[arg(long, env = "SEGMENT_EXPORT_MAX_INSTANCE_CALLS_PER_SECOND", default_value_t = 300)]
    pub max_instance_calls_per_second: u32,
    /// Calls that all callers of an instance together may make at once, after a pause.
    #[arg(long, env = "SEGMENT_EXPORT_MAX_INSTANCE_CALL_BURST", default_value = "1500")]
    pub max_instance_call_burst: NonZeroU32,
}
