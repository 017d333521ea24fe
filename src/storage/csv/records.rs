//! The records of a CSV file, one after the other, in whatever chunks the file arrives.

use std::borrow::Cow;

use bytes::Bytes;

use super::{
    super::{
        column_names::ColumnNames,
        error::Error,
        limits::{FIELDS_MAX, ROW_BYTES_MAX},
    },
    dialect::Dialect,
    scan::{Scanner, Span, scan},
};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// How large a record may be.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct RecordLimits {
    pub(in super::super) fields_max: usize,
    pub(in super::super) row_bytes_max: usize,
}

impl RecordLimits {
    pub(in super::super) const EXTERNAL: Self =
        Self { fields_max: FIELDS_MAX, row_bytes_max: ROW_BYTES_MAX };
}

/// Reads the records of a file; holds one chunk and one record.
pub(in super::super) struct Records<I> {
    chunks: I,
    ended: bool,
    /// What has been read of the file; the next record begins at `start`.
    buffer: Vec<u8>,
    start: usize,
    limits: RecordLimits,
    scanner: Scanner,
    header: Vec<String>,
    record: String,
    fields: Vec<Span>,
    line: u64,
    next_line: u64,
}

impl<I> Records<I> {
    pub(in super::super) fn header(&self) -> &[String] {
        &self.header
    }

    /// The physical line on which the current record begins.
    pub(in super::super) fn line(&self) -> u64 {
        self.line
    }

    /// Of the current record, in bytes.
    pub(in super::super) fn length(&self) -> usize {
        self.record.len()
    }

    /// A value of the current record; `None` when it is empty.
    pub(in super::super) fn field(&self, index: usize) -> Option<Cow<'_, str>> {
        let span = self.fields[index];
        let value = &self.record[span.start..span.end];
        match value {
            "" => None,
            _ if span.escaped => Some(Cow::Owned(value.replace("\"\"", "\""))),
            _ => Some(Cow::Borrowed(value)),
        }
    }

    fn invalid(&self, message: impl Into<String>) -> Error {
        Error::invalid(self.line, message)
    }
}

impl<I: Iterator<Item = Result<Bytes, Error>>> Records<I> {
    /// Reads the header, if the dialect has one; [`Records::advance`] then goes to the first record.
    pub(in super::super) fn open(
        chunks: I,
        limits: RecordLimits,
        dialect: &Dialect,
    ) -> Result<Self, Error> {
        let mut records = Self {
            chunks,
            ended: false,
            buffer: Vec::new(),
            start: 0,
            limits,
            scanner: Scanner::new(dialect),
            header: Vec::new(),
            record: String::new(),
            fields: Vec::new(),
            line: 1,
            next_line: 1,
        };
        records.skip_byte_order_mark()?;
        records.header = match (dialect.header, &dialect.columns) {
            (false, columns) => columns.clone().unwrap_or_default(),
            (true, None) => records.read_header()?,
            (true, Some(columns)) => records.expect_header(columns)?,
        };
        Ok(records)
    }

    fn read_header(&mut self) -> Result<Vec<String>, Error> {
        if !self.read_record()? || self.text().is_empty() {
            return Err(Error::invalid(
                1,
                "the file is empty; its first line must name the columns",
            ));
        }
        self.header_names()
    }

    /// A file without any line has no members. The message does not quote a name that is wrong: it may be a value.
    fn expect_header(&mut self, columns: &[String]) -> Result<Vec<String>, Error> {
        if self.read_record()? {
            let names = (0..self.fields.len()).map(|index| self.field(index).unwrap_or_default());
            let differs = names.eq(columns.iter().map(String::as_str)).then_some(()).is_none();
            if differs {
                let message = format!(
                    "the first line does not name the {} expected columns in their order",
                    columns.len()
                );
                return Err(self.invalid(message));
            }
        }
        Ok(columns.to_vec())
    }

    /// Goes to the next record; false after the last.
    pub(in super::super) fn advance(&mut self) -> Result<bool, Error> {
        if !self.read_record()? {
            return Ok(false);
        }
        if self.is_blank() {
            return self.end_after_blank_lines();
        }
        if self.fields.len() != self.header.len() {
            return Err(self.wrong_number_of_fields());
        }
        Ok(true)
    }

    fn skip_byte_order_mark(&mut self) -> Result<(), Error> {
        while self.buffer.len() < BYTE_ORDER_MARK.len() && !self.ended {
            self.refill()?;
        }
        if self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.start = BYTE_ORDER_MARK.len();
        }
        Ok(())
    }

    fn header_names(&self) -> Result<Vec<String>, Error> {
        if self.fields.len() > self.limits.fields_max {
            let message = format!(
                "the header names {} columns; the maximum is {}",
                self.fields.len(),
                self.limits.fields_max
            );
            return Err(self.invalid(message));
        }
        let name = |index| self.field(index).unwrap_or_default().into_owned();
        let header: Vec<String> = (0..self.fields.len()).map(name).collect();
        ColumnNames::check("column", header.iter().map(String::as_str))
            .map_err(|message| self.invalid(message))?;
        Ok(header)
    }

    /// Blank lines, also of delimiters alone, are allowed only at the end, and together no longer than a record: a
    /// compressed file may hold millions of them.
    fn end_after_blank_lines(&mut self) -> Result<bool, Error> {
        let (first, mut bytes) = (self.line, self.record.len());
        while self.read_record()? {
            bytes += self.record.len();
            if bytes > self.limits.row_bytes_max {
                let message = "the file ends with too many blank lines; remove them";
                return Err(Error::invalid(first, message));
            }
            if !self.is_blank() {
                return Err(Error::invalid(
                    first,
                    "the line is blank, or has only delimiters; such lines are allowed only at the end of the file",
                ));
            }
        }
        Ok(false)
    }

    /// Spreadsheets write delimiters alone for rows without values.
    fn is_blank(&self) -> bool {
        let is_row = self.fields.len() == self.header.len();
        let mut bytes = self.text().bytes();
        self.text().is_empty() || (is_row && bytes.all(|byte| byte == self.scanner.delimiter))
    }

    fn text(&self) -> &str {
        self.record.trim_end_matches(['\r', '\n'])
    }

    /// Moves the next record out of the buffer; false at the end of the file.
    fn read_record(&mut self) -> Result<bool, Error> {
        self.line = self.next_line;
        loop {
            let rest = &self.buffer[self.start..];
            if rest.is_empty() && self.ended {
                return Ok(false);
            }
            let found = scan(&self.scanner, rest, self.ended, &mut self.fields)
                .map_err(|error| self.invalid(error.message()))?;
            if found.unwrap_or(rest.len()) > self.limits.row_bytes_max {
                return Err(self.too_long());
            }
            match found {
                Some(length) => return self.set_record(length).map(|()| true),
                None => self.refill()?,
            }
        }
    }

    fn set_record(&mut self, length: usize) -> Result<(), Error> {
        let bytes = &self.buffer[self.start..self.start + length];
        let text = str::from_utf8(bytes).map_err(|_| Error::NotUtf8 { line: self.line })?;
        self.record.clear();
        self.record.push_str(text);
        self.next_line += text.matches('\n').count() as u64;
        self.start += length;
        Ok(())
    }

    fn refill(&mut self) -> Result<(), Error> {
        self.buffer.drain(..self.start);
        self.start = 0;
        match self.chunks.next() {
            Some(chunk) => self.buffer.extend_from_slice(&chunk?),
            None => self.ended = true,
        }
        Ok(())
    }

    fn too_long(&self) -> Error {
        let bytes_max = self.limits.row_bytes_max;
        self.invalid(format!(
            "the record that begins here is longer than {bytes_max} bytes; check for a quote that is not closed"
        ))
    }

    fn wrong_number_of_fields(&self) -> Error {
        let (fields, columns) = (self.fields.len(), self.header.len());
        self.invalid(format!("the record has {fields} fields, but there are {columns} columns"))
    }
}
