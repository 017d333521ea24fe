//! Limits of sizes, numbers and ages.

use clap::Args;
use clap::builder::{RangedI64ValueParser, RangedU64ValueParser};

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct Limits {
    /// Profiles that an export may select; a run with more is skipped.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_PROFILES_PER_EXPORT",
        default_value_t = 1_000_000,
        value_parser = clap::value_parser!(i64).range(1..)
    )]
    pub max_profiles_per_export: i64,
    /// Members that a segment may have.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_MEMBERS_PER_SEGMENT",
        default_value_t = 10_000_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub max_members_per_segment: u64,
    /// Size of an upload of members, in bytes.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_UPLOAD_BYTES",
        default_value_t = 2 << 30,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub max_upload_bytes: u64,
    /// Size of the stored members of one segment, in bytes, however small they were when they were sent.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_STORED_BYTES_PER_SEGMENT",
        default_value_t = 2 << 30,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub max_stored_bytes_per_segment: u64,
    /// Size of the stored members of all segments of an instance, in bytes; what open runs still read counts too.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_STORED_BYTES_PER_INSTANCE",
        default_value_t = 64 << 30,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub max_stored_bytes_per_instance: u64,
    /// Connections to Campaign Monitor that an instance may have.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_CONNECTIONS_PER_INSTANCE",
        default_value_t = 1_000,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub max_connections_per_instance: u32,
    /// Segments that an instance may have.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_SEGMENTS_PER_INSTANCE",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub max_segments_per_instance: u32,
    /// Exports that an instance may have.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_EXPORTS_PER_INSTANCE",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub max_exports_per_instance: u32,
    /// Size of any other request body, in bytes.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_BODY_BYTES",
        default_value_t = 1 << 20,
        value_parser = at_least_one()
    )]
    pub max_body_bytes: usize,
    /// Callers that may follow the events of runs at the same time.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_EVENT_STREAMS",
        default_value_t = 100,
        value_parser = at_least_one()
    )]
    pub max_event_streams: usize,
    /// Previews at the same time; each reads complete segments.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_PREVIEWS",
        default_value_t = 2,
        value_parser = at_least_one()
    )]
    pub max_previews: usize,
    /// Callers who read the members of a segment at the same time.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_MEMBER_READS",
        default_value_t = 4,
        value_parser = at_least_one()
    )]
    pub max_member_reads: usize,
    /// How long a preview may take, in milliseconds.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_PREVIEW_TIMEOUT_MS",
        default_value_t = 60_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub preview_timeout_ms: u64,
    /// Uploads of members at the same time; each is written to a temporary file on disk first.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_UPLOADS",
        default_value_t = 4,
        value_parser = at_least_one()
    )]
    pub max_uploads: usize,
    /// How long an upload may send no data before it is ended, in milliseconds.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_UPLOAD_IDLE_MS",
        default_value_t = 60_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub upload_idle_ms: u64,
    /// Segments of files or tables that may be registered at the same time; each is read completely. 0: only uploads.
    #[arg(long, env = "SEGMENT_EXPORT_MAX_REGISTRATIONS", default_value_t = 4)]
    pub max_registrations: usize,
    /// How long it may take to inspect a segment when it is registered.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_REGISTRATION_TIMEOUT_MS",
        default_value_t = 300_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub registration_timeout_ms: u64,
    /// Refused calls of one caller that the audit records in a minute; further ones are only counted.
    #[arg(long, env = "SEGMENT_EXPORT_MAX_AUDITED_REFUSALS", default_value_t = 100)]
    pub max_audited_refusals: u32,
    /// Calls of nobody with access, such as failed sign-ins, that the audit of this process records in a minute;
    /// further ones are counted in one event. 0 only counts.
    #[arg(long, env = "SEGMENT_EXPORT_MAX_AUDITED_STRANGERS", default_value_t = 10)]
    pub max_audited_strangers: usize,
    /// Days that audit events are kept; 0 keeps them for ever.
    #[arg(long, env = "SEGMENT_EXPORT_AUDIT_DAYS", default_value_t = 730, value_parser = days())]
    pub audit_days: u32,
    /// Hours that the response to an `Idempotency-Key` is stored.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_IDEMPOTENCY_HOURS",
        default_value_t = 24,
        value_parser = clap::value_parser!(u32).range(1..=8760)
    )]
    pub idempotency_hours: u32,
    /// Hours after which an orphaned upload is removed: no segment and no run names it, because its save failed. 0
    /// keeps it for ever. No other program may write to the default root.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_KEEP_UNUSED_UPLOADS_HOURS",
        default_value_t = 24,
        value_parser = clap::value_parser!(u32).range(..=8760)
    )]
    pub keep_unused_uploads_hours: u32,
    /// Minutes after its last byte that an unfinished upload in a folder is removed: the process that wrote it was
    /// killed.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_KEEP_UNFINISHED_UPLOADS_MINUTES",
        default_value_t = 120,
        value_parser = clap::value_parser!(u32).range(1..=10_080)
    )]
    pub keep_unfinished_uploads_minutes: u32,
    /// Days after its end that a run is kept; 0 keeps it for ever.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_KEEP_RUNS_DAYS",
        default_value_t = 400,
        value_parser = days()
    )]
    pub keep_runs_days: u32,
    /// Days after the end of a run that its rejected rows and value problems, which are personal data, are kept; 0
    /// keeps them as long as the run.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_KEEP_REJECTIONS_DAYS",
        default_value_t = 90,
        value_parser = days()
    )]
    pub keep_rejections_days: u32,
    /// Days after the end of a run that its batches are kept; 0 keeps them as long as the run.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_KEEP_BATCHES_DAYS",
        default_value_t = 0,
        value_parser = days()
    )]
    pub keep_batches_days: u32,
    /// Days that the tombstones of an erasure keep its people from being sent.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_TOMBSTONE_DAYS",
        default_value_t = 365,
        value_parser = clap::value_parser!(u32).range(31..=3650)
    )]
    pub tombstone_days: u32,
    /// Days that you keep backups of the database and of the storage: erasures say when the last one with a person
    /// expires. 0: unknown.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_KEEP_BACKUPS_DAYS",
        default_value_t = 0,
        value_parser = days()
    )]
    pub keep_backups_days: u32,
}

/// 0 would switch the service off.
fn at_least_one() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

/// Ages in days, up to a hundred years: a larger number is a mistake.
fn days() -> RangedI64ValueParser<u32> {
    RangedI64ValueParser::new().range(..=36_500)
}
