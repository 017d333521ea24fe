//! The columns of a page, read as text.

use arrow_array::{Array, RecordBatch, StringArray};

use crate::campaign_monitor::Cells;

/// Every page has the customer id in its first column, and the address in its second.
pub const CUSTOMER_ID_COLUMN: usize = 0;
pub const EMAIL_COLUMN: usize = 1;

/// The columns of one page, each read as text.
pub struct Columns<'a>(Vec<&'a StringArray>);

impl<'a> Columns<'a> {
    /// The columns of a page that the storage has turned into text.
    pub fn of(page: &'a RecordBatch) -> Self {
        Self(page.columns().iter().map(arrow_array::cast::AsArray::as_string::<i32>).collect())
    }

    /// A value without blanks around it; `None` when nothing is left.
    pub fn get(&self, column: usize, row: usize) -> Option<&'a str> {
        let texts = self.0[column];
        if texts.is_null(row) {
            return None;
        }
        Some(texts.value(row).trim()).filter(|text| !text.is_empty())
    }
}

impl Cells for Columns<'_> {
    fn get(&self, column: usize, row: usize) -> Option<&str> {
        self.get(column, row)
    }
}
