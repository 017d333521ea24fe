//! How much a footer would have the library build, seen before the library reads it.

use bytes::Bytes;

use super::{
    super::{error::Error, limits::FIELDS_MAX, windows::Windows},
    format::FOOTER,
    thrift::{Mark, Scanner},
};

/// The last bytes of a file: the length of the footer, and `PAR1`.
const TAIL_BYTES: u64 = 8;
/// The largest footer, in bytes: 100,000 pieces of columns fit.
const FOOTER_BYTES_MAX: u64 = 16 << 20;
/// The deepest nesting of columns, the root included. Nested columns are refused anyhow, by name.
const DEPTH_MAX: usize = 16;
/// The most elements of a schema: of flat columns there are fewer.
const ELEMENTS_MAX: usize = 4 * FIELDS_MAX;
/// The most pieces of columns, which are columns times row groups; the library takes about 500 bytes for each.
pub(in super::super) const CHUNKS_MAX: usize = 100_000;
/// The most pairs of key and value of the file and its columns: writers keep a few. The library takes 48 bytes for
/// each, also for one that is a single byte in the file.
const PAIRS_MAX: usize = 10_000;
/// The most items of all other lists: there are about ten for each piece of a column.
const ITEMS_MAX: usize = 20 * CHUNKS_MAX;

/// Refuses a file whose footer is larger, deeper or wider than `columns_max` allows.
pub(super) fn check(windows: &Windows, columns_max: usize) -> Result<(), Error> {
    let footer = footer(windows)?;
    let mut shape = Shape::default();
    let read = Scanner(&footer).read(&FOOTER, &mut |mark, number| shape.see(mark, number));
    shape.check(columns_max)?;
    read.map_or_else(|_| Err(Error::damaged()), |_| Ok(()))
}

/// The bytes of the footer, without the tail of the file.
pub(super) fn footer(windows: &Windows) -> Result<Bytes, Error> {
    let tail = windows.slice(windows.size().saturating_sub(TAIL_BYTES), TAIL_BYTES)?;
    let length = tail.strip_suffix(b"PAR1").and_then(<[u8]>::first_chunk::<4>);
    let length = u64::from(u32::from_le_bytes(*length.ok_or_else(Error::damaged)?));
    let start = windows.size().checked_sub(TAIL_BYTES + length).ok_or_else(Error::damaged)?;
    if length > FOOTER_BYTES_MAX {
        return Err(too_much(&format!("its footer has {length} bytes"), FOOTER_BYTES_MAX));
    }
    windows.slice(start, length)
}

#[derive(Default)]
struct Shape {
    elements: usize,
    columns: usize,
    chunks: usize,
    pairs: usize,
    items: usize,
    /// Of the element that is being read.
    children: i64,
    /// For each open group the elements that are still to come.
    open: Vec<i64>,
    is_deep: bool,
}

impl Shape {
    fn see(&mut self, mark: Mark, number: i64) {
        match mark {
            Mark::Children => self.children = number,
            Mark::Element => self.add_element(),
            Mark::Chunks => add(&mut self.chunks, number),
            Mark::Pairs => add(&mut self.pairs, number),
            Mark::Items => add(&mut self.items, number),
            _ => {}
        }
    }

    fn add_element(&mut self) {
        let children = std::mem::take(&mut self.children);
        if self.elements == 0 {
            self.columns = usize::try_from(children).unwrap_or(0);
        }
        self.elements += 1;
        if let Some(left) = self.open.last_mut() {
            *left -= 1;
        }
        if children > 0 && self.open.len() < DEPTH_MAX {
            self.open.push(children);
        } else if children > 0 {
            self.is_deep = true;
        }
        while self.open.last().is_some_and(|left| *left <= 0) {
            self.open.pop();
        }
    }

    fn check(&self, columns_max: usize) -> Result<(), Error> {
        if self.columns > columns_max {
            let message =
                format!("the file has {} columns; the maximum is {columns_max}", self.columns);
            return Err(Error::invalid(None, message));
        }
        if self.is_deep || self.elements > ELEMENTS_MAX {
            let message = format!(
                "the columns are nested, more than {DEPTH_MAX} deep or {ELEMENTS_MAX} in all; \
                 only columns of text, numbers, booleans, dates and times are accepted"
            );
            return Err(Error::invalid(None, message));
        }
        if self.chunks > CHUNKS_MAX {
            let message = format!("it has {} columns times row groups", self.chunks);
            return Err(too_much(&message, CHUNKS_MAX as u64));
        }
        self.check_lists()
    }

    fn check_lists(&self) -> Result<(), Error> {
        for (what, found, maximum) in [
            ("pairs of key and value", self.pairs, PAIRS_MAX),
            ("items in its lists", self.items, ITEMS_MAX),
        ] {
            if found > maximum {
                let message = format!(
                    "the footer of the Parquet file has {found} {what}; the maximum is {maximum}"
                );
                return Err(Error::invalid(None, message));
            }
        }
        Ok(())
    }
}

fn add(count: &mut usize, number: i64) {
    *count = count.saturating_add(usize::try_from(number).unwrap_or(usize::MAX));
}

fn too_much(what: &str, maximum: u64) -> Error {
    let message = format!("the Parquet file is too large: {what}; the maximum is {maximum}");
    Error::invalid(None, format!("{message}; write it with larger row groups"))
}
