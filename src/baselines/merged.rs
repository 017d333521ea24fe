//! Several layers as one: every key once, in order, with its newest row.

use std::cmp::Reverse;

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use super::error::Error;
use super::layer::{KEY, LayerWriter, SCHEMA, member, number_at, only};
use super::member::{ListMember, key};
use crate::storage::{OwnBatches, OwnFile, OwnReader};

/// Where reading one layer is.
struct Cursor {
    path: String,
    batches: OwnBatches,
    batch: RecordBatch,
    row: usize,
    /// The key of the row; `None` after the last one.
    key: Option<u64>,
}

impl Cursor {
    fn open(layer: OwnReader, columns: &Schema) -> Result<Self, Error> {
        let path = layer.path().to_owned();
        let batches = layer.batches(columns).map_err(|cause| Error::of_object(&path, cause))?;
        let batch = RecordBatch::new_empty(columns.clone().into());
        let mut cursor = Self { path, batches, batch, row: 0, key: None };
        cursor.advance()?;
        Ok(cursor)
    }

    /// Keys that do not rise are damage.
    fn advance(&mut self) -> Result<(), Error> {
        let before = self.key.take();
        self.row += 1;
        if self.row >= self.batch.num_rows() {
            let Some(batch) = self.batches.next() else { return Ok(()) };
            self.batch = batch.map_err(|cause| Error::of_object(&self.path, cause))?;
            self.row = 0;
        }
        self.key = Some(number_at(&self.batch, KEY, self.row));
        if before < self.key { Ok(()) } else { Err(Error::damaged(&self.path)) }
    }
}

/// Layers that are read side by side.
pub(super) struct Merged {
    /// Oldest first.
    cursors: Vec<Cursor>,
}

impl Merged {
    /// Layers from the oldest on, of which some columns are read; the key is one of them.
    pub(super) fn open(layers: Vec<OwnReader>, columns: &Schema) -> Result<Self, Error> {
        let cursors = layers.into_iter().map(|layer| Cursor::open(layer, columns));
        Ok(Self { cursors: cursors.collect::<Result<_, _>>()? })
    }

    /// The next key, and what `read` makes of its newest row, which is in a batch at a position.
    pub(super) fn next_row<T>(
        &mut self,
        read: impl FnOnce(&RecordBatch, usize) -> Option<T>,
    ) -> Result<Option<(u64, T)>, Error> {
        let layers = self.cursors.iter().enumerate();
        let keys = layers.filter_map(|(layer, cursor)| Some((cursor.key?, Reverse(layer))));
        let Some((key, Reverse(newest))) = keys.min() else { return Ok(None) };
        let newest = &self.cursors[newest];
        let row = read(&newest.batch, newest.row).ok_or_else(|| Error::damaged(&newest.path))?;
        for cursor in self.cursors.iter_mut().filter(|cursor| cursor.key == Some(key)) {
            cursor.advance()?;
        }
        Ok(Some((key, row)))
    }
}

/// How many keys the layers have together.
pub(super) fn count(layers: Vec<OwnReader>) -> Result<u64, Error> {
    let mut merged = Merged::open(layers, &only(&[KEY]))?;
    let mut count = 0;
    while merged.next_row(|_, _| Some(()))?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// Every member of the layers, in the order of keys. A row whose key is not that of its address is damage.
pub(super) fn each_member(
    layers: Vec<OwnReader>,
    seed: u64,
) -> Result<impl Iterator<Item = Result<(u64, ListMember), Error>>, Error> {
    let mut merged = Merged::open(layers, &SCHEMA)?;
    Ok(std::iter::from_fn(move || {
        let read = |batch: &RecordBatch, row| {
            let member = member(batch, row)?;
            (key(&member.address, seed) == number_at(batch, KEY, row)).then_some(member)
        };
        merged.next_row(read).transpose()
    }))
}

/// Writes layers as one.
pub(super) fn merge(layers: Vec<OwnReader>, seed: u64) -> Result<OwnFile, Error> {
    let mut writer = LayerWriter::new()?;
    for row in each_member(layers, seed)? {
        let (key, member) = row?;
        writer.push(key, &member)?;
    }
    writer.finish()
}
