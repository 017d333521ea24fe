//! What has changed in the pages of a batch that is not complete yet.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;

use super::integers::to_i64;
use super::sifter::Sifted;
use crate::baselines::ListMember;
use crate::runs::Rejection;

/// The most records of a call, as Campaign Monitor accepts them.
const RECORDS_MAX: usize = 1000;
/// The most rows of a batch that are not sent because something is wrong with them.
const REFUSED_MAX: usize = 1000;
/// The most rows that a batch of changes spans.
pub const CHANGES_ROWS_MAX: i64 = 100_000;

/// A page of which the unchanged rows are known.
pub struct Compared {
    /// The records are those that have changed.
    pub sifted: Sifted,
    pub unchanged: i64,
    /// The unchanged ones whose content has another hash now.
    pub rehashed: Vec<ListMember>,
}

/// Pages of a batch. It begins with the first one.
pub struct Gathering {
    pub number: i64,
    pub first_row: i64,
    pub end: i64,
    schema: SchemaRef,
    /// The rows that stay of the pages: what is sent, and what is refused.
    columns: Vec<StringBuilder>,
    /// Where these are in the run.
    pub positions: Vec<i64>,
    /// Those of them that are sent.
    pub records: Vec<usize>,
    pub refused: Vec<Rejection>,
    pub unchanged: i64,
    pub rehashed: Vec<ListMember>,
}

impl Gathering {
    /// A batch that begins with this page.
    pub fn of(compared: Compared) -> Self {
        let Sifted { number, first_row, ref page, .. } = compared.sifted;
        let mut gathering = Self {
            number,
            first_row,
            end: first_row,
            schema: page.schema(),
            columns: page.columns().iter().map(|_| StringBuilder::new()).collect(),
            positions: vec![],
            records: vec![],
            refused: vec![],
            unchanged: 0,
            rehashed: vec![],
        };
        gathering.add(compared);
        gathering
    }

    /// Whether a call has room for this page too.
    pub fn has_room_for(&self, compared: &Compared) -> bool {
        let sifted = &compared.sifted;
        self.records.len() + sifted.records.len() <= RECORDS_MAX
            && self.refused.len() + sifted.refused.len() <= REFUSED_MAX
            && sifted.end() - self.first_row <= CHANGES_ROWS_MAX
    }

    /// Adds the page that follows.
    pub fn add(&mut self, compared: Compared) {
        let Compared { sifted, unchanged, rehashed } = compared;
        self.end = sifted.end();
        self.unchanged += unchanged;
        self.rehashed.extend(rehashed);
        self.keep_rows(&sifted);
        let number = self.number;
        let refused = sifted.refused.into_iter();
        self.refused.extend(refused.map(|refused| Rejection { batch: number, ..refused }));
    }

    fn keep_rows(&mut self, sifted: &Sifted) {
        let first = sifted.first_row;
        let refused = sifted.refused.iter().map(|refused| refused.position - first);
        let (mut refused, mut records) = (refused.peekable(), sifted.records.iter().peekable());
        for row in 0..sifted.page.num_rows() {
            let is_record = records.next_if_eq(&&row).is_some();
            let is_refused = refused.next_if_eq(&to_i64(row)).is_some();
            if is_record {
                self.records.push(self.positions.len());
            }
            if is_record || is_refused {
                self.positions.push(first + to_i64(row));
                self.copy(&sifted.page, row);
            }
        }
    }

    fn copy(&mut self, page: &RecordBatch, row: usize) {
        for (to, from) in self.columns.iter_mut().zip(page.columns()) {
            let texts = from.as_string::<i32>();
            to.append_option(texts.is_valid(row).then(|| texts.value(row)));
        }
    }

    /// The rows that stay.
    pub fn page(&mut self) -> RecordBatch {
        let columns = self.columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef);
        let page = RecordBatch::try_new(Arc::clone(&self.schema), columns.collect());
        page.expect("the columns are as long as each other, and of the types of the pages")
    }
}
