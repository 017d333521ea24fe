//! The header of a page: how much memory the page takes once it is decompressed, known before it is.

use parquet::basic::Compression;

use super::{
    format::PAGE,
    thrift::{Mark, ScanError, Scanner},
};

const DICTIONARY: i64 = 2;
/// `DELTA_LENGTH_BYTE_ARRAY` and `DELTA_BYTE_ARRAY`.
const DELTA_LENGTH: i64 = 6;
const DELTA_BYTES: i64 = 7;
/// What the library takes for each value of a dictionary of text, and for each length of a delta encoding, in bytes.
const VIEW_BYTES: u64 = 16;
/// The same for each value of any other dictionary.
const VALUE_BYTES: u64 = 48;
/// How much larger than its content a compressed page may be, in bytes, beside an eighth of it.
const PACKING_BYTES: u64 = 64 << 10;

/// How a column is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct ColumnForm {
    pub(super) codec: Compression,
    /// Text is read as views into its pages.
    pub(super) is_text: bool,
    /// Each row gets a copy of its value, however often a dictionary repeats it.
    pub(super) is_copied: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PageHeader {
    kind: i64,
    pub(super) decompressed: u64,
    pub(super) compressed: u64,
    pub(super) values: u64,
    encoding: i64,
    /// Of the levels, which the second version of a page does not pack.
    pub(super) level_bytes: u64,
    pub(super) is_compressed: bool,
}

impl PageHeader {
    pub(super) const NONE: Self = Self {
        kind: -1,
        decompressed: 0,
        compressed: 0,
        values: 0,
        encoding: 0,
        level_bytes: 0,
        is_compressed: true,
    };

    pub(super) fn read(bytes: &[u8]) -> Result<Self, ScanError> {
        let (mut page, mut is_negative) = (Self::NONE, false);
        Scanner(bytes).read(&PAGE, &mut |mark, number| {
            is_negative |= number < 0;
            page.set(mark, u64::try_from(number).unwrap_or(0), number);
        })?;
        if is_negative || !page.is_plausible() { Err(ScanError::Malformed) } else { Ok(page) }
    }

    fn set(&mut self, mark: Mark, size: u64, number: i64) {
        match mark {
            Mark::PageType => self.kind = number,
            Mark::Decompressed => self.decompressed = size,
            Mark::Compressed => self.compressed = size,
            Mark::Values => self.values = self.values.max(size),
            Mark::Encoding => self.encoding = number,
            Mark::LevelBytes => self.level_bytes += size,
            Mark::IsCompressed => self.is_compressed = number != 0,
            Mark::Children | Mark::Element | Mark::Chunks | Mark::Pairs | Mark::Items => {}
        }
    }

    pub(super) const fn is_dictionary(&self) -> bool {
        self.kind == DICTIONARY
    }

    /// Packing makes nothing much larger, and each value of a dictionary takes a byte at least.
    const fn is_plausible(&self) -> bool {
        self.compressed <= self.decompressed + self.decompressed / 8 + PACKING_BYTES
            && (!self.is_dictionary() || self.values <= self.decompressed)
    }

    /// The most memory that the page and what is decoded of it take while `rows` rows are read, in bytes.
    pub(super) fn cost(&self, form: ColumnForm, rows: u64) -> u64 {
        let copies = match self.encoding {
            // Each row may be the longest value of the dictionary.
            _ if self.is_dictionary() && form.is_copied => rows,
            _ if self.is_dictionary() => 1,
            // Each value may be as long as the page.
            DELTA_BYTES => rows.min(self.values.max(1)),
            _ => 1,
        };
        let each = match self.encoding {
            _ if self.is_dictionary() && form.is_text => VIEW_BYTES,
            _ if self.is_dictionary() => VALUE_BYTES,
            DELTA_LENGTH | DELTA_BYTES => VIEW_BYTES,
            _ => 0,
        };
        self.decompressed.saturating_mul(copies).saturating_add(self.values.saturating_mul(each))
    }
}
