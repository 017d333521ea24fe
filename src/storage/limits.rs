//! How much is read at once, and how much is accepted.

use std::time::Duration;

/// The most rows in one page of [`Storage::pages`](super::Storage::pages).
pub(crate) const PAGE_ROWS: usize = 1000;
/// The most bytes of text after which a page is closed early.
pub(super) const PAGE_BYTES: usize = 4 << 20;
/// The most fields of an external file.
pub(super) const FIELDS_MAX: usize = 1000;
/// The longest name of a field, in characters: no mapping can name a longer one.
pub(super) const NAME_CHARS_MAX: usize = 200;
/// The longest names of all fields together, in bytes: lists of segments show them.
pub(super) const NAMES_BYTES_MAX: usize = 128 << 10;
/// The longest `CustomerId`, in characters: rejections and the audit keep it.
pub(super) const ID_CHARS_MAX: usize = 200;
/// How many times larger than its file what is in it may be; beyond that it is made to fill memory or time.
pub(super) const RATIO_MAX: u64 = 200;
/// The longest row of an external file, in bytes.
pub(super) const ROW_BYTES_MAX: usize = 1 << 20;

/// The most memory that the open pages of a Parquet file take together, in bytes.
pub(super) const OPEN_PAGES_BYTES: u64 = 64 << 20;

/// The same for all files that this process reads at the same time.
pub(super) const ALL_OPEN_PAGES_BYTES: u64 = 128 << 20;
/// The memory for open pages that a file starts with, in bytes: most need no more.
pub(super) const FIRST_PAGES_BYTES: u64 = 8 << 20;
/// How long a file waits for the memory that other files use.
pub(super) const ROOM_WAIT: Duration = Duration::from_secs(20);

/// The most that one upload or one copy of a table may contain.
#[derive(Clone, Debug)]
pub struct ReceiveLimits {
    /// Of the body of an upload, or of all values of a table.
    pub bytes_max: u64,
    /// The most members of a segment.
    pub rows_max: u64,
    /// The number of fields of a member.
    pub fields_max: usize,
    /// Of the values of one member.
    pub row_bytes_max: usize,
    /// Of the file that is stored, and of the temporary one before it.
    pub stored_bytes_max: u64,
    /// Whether there may be no members at all. An empty file may come from a failed export.
    pub may_be_empty: bool,
}
