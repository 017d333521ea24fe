//! Pages of lengths that are written as differences: a few bytes may promise billions of them, and the library makes
//! room for all at once.

use parquet::{basic::Encoding, column::page::Page};

use super::thrift::Scanner;

/// Whether a page has no more lengths than values.
pub(super) fn is_plausible(page: &Page, is_nullable: bool) -> bool {
    let rows = u64::from(page.num_values());
    let sections = match page.encoding() {
        _ if page.is_dictionary_page() => return true,
        Encoding::DELTA_LENGTH_BYTE_ARRAY => 1,
        Encoding::DELTA_BYTE_ARRAY => 2,
        _ => return true,
    };
    let values = values(page, is_nullable);
    values.is_some_and(|values| {
        let mut scanner = Scanner(values);
        (0..sections).all(|_| section(&mut scanner).is_some_and(|count| count <= rows))
    })
}

/// The content of a page after the levels that say which values are null.
fn values(page: &Page, is_nullable: bool) -> Option<&[u8]> {
    let levels = match page {
        Page::DataPage { buf, .. } if is_nullable => {
            4 + u32::from_le_bytes(*buf.first_chunk::<4>()?) as usize
        }
        Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } => {
            *def_levels_byte_len as usize + *rep_levels_byte_len as usize
        }
        _ => 0,
    };
    page.buffer().get(levels..)
}

/// Goes past a section of compressed differences, and returns how many numbers it has.
fn section(scanner: &mut Scanner<'_>) -> Option<u64> {
    let block = scanner.varint().ok()?;
    let parts = scanner.varint().ok()?;
    let count = scanner.varint().ok()?;
    scanner.varint().ok()?;
    let part = block.checked_div(parts).filter(|part| *part > 0 && part % 32 == 0)?;
    let mut left = count.saturating_sub(1);
    while left > 0 {
        scanner.varint().ok()?;
        for &width in scanner.take(usize::try_from(parts).ok()?).ok()? {
            if left > 0 {
                let bytes = u64::from(width).checked_mul(part / 8)?;
                scanner.take(usize::try_from(bytes).ok()?).ok()?;
            }
            left = left.saturating_sub(part);
        }
    }
    Some(count)
}
