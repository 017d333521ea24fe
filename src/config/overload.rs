//! Settings that keep one caller from holding up the others.

use std::num::NonZeroU32;

use clap::Args;
use clap::builder::RangedU64ValueParser;

/// What a body takes besides its bytes while it is received: the connection and the call.
pub const BODY_OVERHEAD_BYTES: usize = 48 << 10;

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
    /// How long any body except an upload of members may take to arrive, in milliseconds.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_BODY_TIMEOUT_MS",
        default_value_t = 30_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub body_timeout_ms: u64,
    /// Bytes a second that an upload of members must bring on average, while the service waits for them. 0: any rate.
    #[arg(long, env = "SEGMENT_EXPORT_MIN_UPLOAD_BYTES_PER_SECOND", default_value_t = 16 << 10)]
    pub min_upload_bytes_per_second: u64,
    /// How long an upload may be slower than that at its beginning, in milliseconds.
    #[arg(long, env = "SEGMENT_EXPORT_UPLOAD_GRACE_MS", default_value_t = 30_000)]
    pub upload_grace_ms: u64,
    /// How long the body of an upload may take to arrive, in milliseconds.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_UPLOAD_TIMEOUT_MS",
        default_value_t = 3_600_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub upload_timeout_ms: u64,
    /// How long the first headers on a TCP connection may take to arrive, in milliseconds.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_HEAD_TIMEOUT_MS",
        default_value_t = 5_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub head_timeout_ms: u64,
    /// TCP connections that this process keeps open at the same time; further ones wait.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_TCP_CONNECTIONS",
        default_value_t = 4_096,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..)
    )]
    pub max_tcp_connections: usize,
    /// Bytes of bodies, except uploads of members, that are received at the same time, with 48 KiB for each body. An
    /// instance has at most three quarters of them.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_RECEIVED_BYTES",
        default_value_t = 32 << 20,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..)
    )]
    pub max_received_bytes: usize,
}

impl Overload {
    /// A quarter must have room for one body: so much is always left to others.
    pub(super) fn check(&self, max_body_bytes: usize) -> anyhow::Result<()> {
        let least = max_body_bytes.saturating_add(BODY_OVERHEAD_BYTES).saturating_mul(4);
        anyhow::ensure!(
            self.max_received_bytes >= least,
            "SEGMENT_EXPORT_MAX_RECEIVED_BYTES must be at least {least}: four bodies of SEGMENT_EXPORT_MAX_BODY_BYTES, \
             each with 48 KiB more"
        );
        Ok(())
    }
}
