//! Thrift's compact protocol, read without building anything: whether bytes have the form that the Parquet library
//! expects, and the numbers in them that say how much the library would build.
//!
//! The library trusts these numbers, and its reading of a field follows the field's id, not its type. So a known field
//! of another type, and ids that do not ascend, are refused here: else the library could see other numbers than we do.

/// How deep unknown fields may be nested; the published format nests five deep.
const DEPTH_MAX: u8 = 16;

/// What a field holds, as its type is written.
pub(super) enum Wire {
    Bool,
    I8,
    I16,
    I32,
    I64,
    Double,
    Binary,
    List(&'static Self),
    Struct(&'static [(i16, Self)]),
    /// Reported: a number, the length of a list, or the end of a struct.
    Seen(Mark, &'static Self),
}

/// What is reported of a footer or of the header of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Children,
    Element,
    Chunks,
    /// How many pairs of key and value.
    Pairs,
    /// How many items of any other list.
    Items,
    PageType,
    Decompressed,
    Compressed,
    Values,
    Encoding,
    LevelBytes,
    IsCompressed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScanError {
    /// The bytes end too early: there may be more.
    Ended,
    Malformed,
}

type Scanned<T> = Result<T, ScanError>;

/// Gets each marked number as it is read.
pub(super) type See<'a> = &'a mut dyn FnMut(Mark, i64);

pub(super) struct Scanner<'a>(pub(super) &'a [u8]);

impl<'a> Scanner<'a> {
    /// Reads a value of this form. Numbers and lengths of lists are its result, 0 is that of anything else.
    pub(super) fn read(&mut self, wire: &Wire, see: See<'_>) -> Scanned<i64> {
        match wire {
            Wire::Seen(mark, inner) => {
                let value = self.read(inner, see)?;
                see(*mark, value);
                Ok(value)
            }
            Wire::Struct(fields) => self.read_struct(fields, see).map(|()| 0),
            Wire::List(element) => self.read_list(element, see),
            Wire::I16 | Wire::I32 | Wire::I64 => self.zigzag(),
            other => self.skip(code(other), DEPTH_MAX).map(|()| 0),
        }
    }

    fn read_struct(&mut self, known: &'static [(i16, Wire)], see: See<'_>) -> Scanned<()> {
        let mut id = 0;
        while let Some(found) = self.field(&mut id)? {
            let Some((_, wire)) = known.iter().find(|(known, _)| *known == id) else {
                self.skip(found, DEPTH_MAX)?;
                continue;
            };
            match (code(wire), found) {
                // The type of a boolean is its value.
                (1, 1 | 2) => see_boolean(wire, found, &mut *see),
                (expected, found) if expected == found => drop(self.read(wire, &mut *see)?),
                _ => return Err(ScanError::Malformed),
            }
        }
        Ok(())
    }

    fn read_list(&mut self, element: &'static Wire, see: See<'_>) -> Scanned<i64> {
        let (found, length) = self.list()?;
        if length > 0 && found != code(element) && !(found == 2 && code(element) == 1) {
            return Err(ScanError::Malformed);
        }
        for _ in 0..length {
            match element {
                Wire::Bool => drop(self.take(1)?),
                _ => drop(self.read(element, &mut *see)?),
            }
        }
        i64::try_from(length).map_err(|_| ScanError::Malformed)
    }

    /// The type of the next field of a struct, whose id goes to `id`; `None` at its end.
    fn field(&mut self, id: &mut i16) -> Scanned<Option<u8>> {
        let header = self.take(1)?[0];
        let (step, code) = (header >> 4, header & 0x0f);
        if header == 0 {
            return Ok(None);
        }
        let next = match step {
            // An id that is far from the one before, as those of new logical types are, is written in full.
            0 => i16::try_from(self.zigzag()?).ok(),
            step => id.checked_add(i16::from(step)),
        };
        let next = next.filter(|next| next > id && code != 0).ok_or(ScanError::Malformed)?;
        *id = next;
        Ok(Some(code))
    }

    /// The type of the elements of a list, and how many: each takes a byte at least.
    fn list(&mut self) -> Scanned<(u8, usize)> {
        let header = self.take(1)?[0];
        let length = match header >> 4 {
            15 => self.varint()?,
            short => u64::from(short),
        };
        let length = usize::try_from(length).map_err(|_| ScanError::Malformed)?;
        if length > self.0.len() { Err(ScanError::Ended) } else { Ok((header & 0x0f, length)) }
    }

    fn skip(&mut self, code: u8, depth: u8) -> Scanned<()> {
        let depth = depth.checked_sub(1).ok_or(ScanError::Malformed)?;
        match code {
            1 | 2 => Ok(()),
            3 => self.take(1).map(drop),
            4..=6 => self.zigzag().map(drop),
            7 => self.take(8).map(drop),
            8 => self.binary(),
            9 | 10 => self.skip_list(depth),
            11 => self.skip_map(depth),
            12 => self.skip_struct(depth),
            13 => self.take(16).map(drop),
            _ => Err(ScanError::Malformed),
        }
    }

    fn skip_struct(&mut self, depth: u8) -> Scanned<()> {
        let mut id = 0;
        while let Some(code) = self.field(&mut id)? {
            self.skip(code, depth)?;
        }
        Ok(())
    }

    fn skip_list(&mut self, depth: u8) -> Scanned<()> {
        let (code, length) = self.list()?;
        (0..length).try_for_each(|_| self.skip_element(code, depth))
    }

    fn skip_map(&mut self, depth: u8) -> Scanned<()> {
        let length = self.varint()?;
        if length == 0 {
            return Ok(());
        }
        let codes = self.take(1)?[0];
        for _ in 0..length {
            self.skip_element(codes >> 4, depth)?;
            self.skip_element(codes & 0x0f, depth)?;
        }
        Ok(())
    }

    /// Outside a struct a boolean takes a byte.
    fn skip_element(&mut self, code: u8, depth: u8) -> Scanned<()> {
        if matches!(code, 1 | 2) { self.take(1).map(drop) } else { self.skip(code, depth) }
    }

    fn binary(&mut self) -> Scanned<()> {
        let length = usize::try_from(self.varint()?).map_err(|_| ScanError::Malformed)?;
        self.take(length).map(drop)
    }

    fn zigzag(&mut self) -> Scanned<i64> {
        let number = self.varint()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub(super) fn varint(&mut self) -> Scanned<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(ScanError::Malformed)
    }

    pub(super) fn take(&mut self, length: usize) -> Scanned<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(ScanError::Ended)?;
        self.0 = rest;
        Ok(taken)
    }
}

fn see_boolean(wire: &Wire, found: u8, see: See<'_>) {
    if let Wire::Seen(mark, _) = wire {
        see(*mark, i64::from(found == 1));
    }
}

const fn code(wire: &Wire) -> u8 {
    match wire {
        Wire::Bool => 1,
        Wire::I8 => 3,
        Wire::I16 => 4,
        Wire::I32 => 5,
        Wire::I64 => 6,
        Wire::Double => 7,
        Wire::Binary => 8,
        Wire::List(_) => 9,
        Wire::Struct(_) => 12,
        Wire::Seen(_, inner) => code(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(bytes: &[u8]) -> Scanned<Vec<i64>> {
        const FORM: Wire = Wire::Struct(&[(17, Wire::Seen(Mark::Values, &Wire::I32))]);
        let mut seen = vec![];
        Scanner(bytes).read(&FORM, &mut |_, number| seen.push(number))?;
        Ok(seen)
    }

    #[test]
    fn an_id_that_is_far_from_the_one_before_is_written_in_full() {
        // Type 5 is a whole number; 0x22 is 17, and 0x0e is 7.
        assert_eq!(seen(&[0x05, 0x22, 0x0e, 0]), Ok(vec![7]));
        assert_eq!(seen(&[0x15, 0x02, 0x05, 0x22, 0x0e, 0]), Ok(vec![7]));
    }

    #[test]
    fn ids_that_do_not_ascend_are_refused_in_either_form() {
        for bytes in [
            [0x05, 0x00, 0x0e, 0].as_slice(),
            &[0x05, 0x03, 0x0e, 0],
            &[0x25, 0x02, 0x05, 0x04, 0x0e, 0],
            &[0x25, 0x02, 0x05, 0x02, 0x0e, 0],
            &[0x05, 0xfe, 0xff, 0x07, 0x0e, 0],
        ] {
            assert_eq!(seen(bytes), Err(ScanError::Malformed), "{bytes:?}");
        }
    }
}
