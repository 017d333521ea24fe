//! Several layers as one: every key once, in order, with its newest row.

use std::cmp::Reverse;

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use super::error::Error;
use super::layer::{KEY, LayerWriter, SCHEMA, STATE, member, number_at, only};
use super::member::{ListMember, key};
use super::state::{MemberOrigin, MemberState, decode};
use crate::storage::{self, OwnBatches, OwnFile, OwnReader};

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
    /// Stands at the first row whose key is at least `from`.
    fn open(layer: OwnReader, columns: &Schema, from: u64) -> Result<Self, Error> {
        let path = layer.path().to_owned();
        let batches =
            batches(layer, columns, from).map_err(|cause| Error::of_object(&path, cause))?;
        let batch = RecordBatch::new_empty(columns.clone().into());
        let mut cursor = Self { path, batches, batch, row: 0, key: None };
        cursor.advance()?;
        while cursor.key.is_some_and(|key| key < from) {
            cursor.advance()?;
        }
        Ok(cursor)
    }

    /// The member of this row. What was known of it in the row before says who put it on the list, unless an answer
    /// proves that it was this service.
    fn member(&self, before: Option<&Self>, seed: u64) -> Option<ListMember> {
        let mut member = member(&self.batch, self.row)?;
        if key(&member.address, seed) != number_at(&self.batch, KEY, self.row) {
            return None;
        }
        if let Some(before) = before {
            let known = decode(number_at(&before.batch, STATE, before.row))?;
            member.origin = origin(known, &member);
        }
        Some(member)
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

/// The rows of a layer, without those row groups at its start in which every key is below `from`.
fn batches(layer: OwnReader, columns: &Schema, from: u64) -> Result<OwnBatches, storage::Error> {
    let before = if from == 0 {
        0
    } else {
        let keys = layer.clone().batches(&only(&[KEY]))?;
        keys.groups_before(|batch| number_at(batch, KEY, batch.num_rows() - 1) < from)?
    };
    let mut batches = layer.batches(columns)?;
    batches.skip_groups(before);
    Ok(batches)
}

/// A person who had left, also through this service, and is on the list again came back by another way, unless an
/// answer proves that a call of ours brought them back. Somebody of ours whom this export had let go may have done so
/// too: what another export did to them meanwhile is not known here.
fn origin((state, origin): (MemberState, MemberOrigin), now: &ListMember) -> MemberOrigin {
    match now.origin {
        MemberOrigin::Ours => MemberOrigin::Ours,
        _ if (state.has_left() || state.is_unused()) && !now.state.has_left() => {
            MemberOrigin::Stranger
        }
        _ if state == MemberState::LetGo && now.state != state && origin == MemberOrigin::Ours => {
            MemberOrigin::Unknown
        }
        _ => origin,
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
        Self::open_at(layers, columns, 0)
    }

    /// The same from a key on.
    fn open_at(layers: Vec<OwnReader>, columns: &Schema, from: u64) -> Result<Self, Error> {
        let cursors = layers.into_iter().map(|layer| Cursor::open(layer, columns, from));
        Ok(Self { cursors: cursors.collect::<Result<_, _>>()? })
    }

    /// The next key, and what `read` makes of its newest row, which is in a batch at a position.
    pub(super) fn next_row<T>(
        &mut self,
        read: impl FnOnce(&RecordBatch, usize) -> Option<T>,
    ) -> Result<Option<(u64, T)>, Error> {
        self.next_rows(|newest, _| read(&newest.batch, newest.row))
    }

    /// The same of its newest row and the one before that.
    fn next_rows<T>(
        &mut self,
        read: impl FnOnce(&Cursor, Option<&Cursor>) -> Option<T>,
    ) -> Result<Option<(u64, T)>, Error> {
        let layers = self.cursors.iter().enumerate();
        let keys = layers.filter_map(|(layer, cursor)| Some((cursor.key?, Reverse(layer))));
        let Some((key, Reverse(newest))) = keys.min() else { return Ok(None) };
        let (older, newer) = self.cursors.split_at(newest);
        let newest = &newer[0];
        let before = older.iter().rev().find(|cursor| cursor.key == Some(key));
        let row = read(newest, before).ok_or_else(|| Error::damaged(&newest.path))?;
        for cursor in self.cursors.iter_mut().filter(|cursor| cursor.key == Some(key)) {
            cursor.advance()?;
        }
        Ok(Some((key, row)))
    }
}

/// Every member of the layers whose key is at least `from`, in the order of keys. A row whose key is not that of its
/// address is damage.
pub(super) fn each_member(
    layers: Vec<OwnReader>,
    seed: u64,
    from: u64,
) -> Result<impl Iterator<Item = Result<(u64, ListMember), Error>>, Error> {
    let mut merged = Merged::open_at(layers, &SCHEMA, from)?;
    let next = move || merged.next_rows(|newest, before| newest.member(before, seed)).transpose();
    Ok(std::iter::from_fn(next))
}

/// The members of an update with the origins that the layers below it know; and how many keys there are together.
pub(super) fn with_known_origins(
    layers: Vec<OwnReader>,
    update: OwnReader,
    seed: u64,
) -> Result<(OwnFile, u64), Error> {
    let mut merged = Merged::open(layers, &only(&[KEY, STATE]))?;
    merged.cursors.push(Cursor::open(update, &SCHEMA, 0)?);
    let (mut writer, mut count) = (LayerWriter::new()?, 0);
    let all = SCHEMA.fields().len();
    let read = |newest: &Cursor, before: Option<&Cursor>| {
        let is_update = newest.batch.num_columns() == all;
        if is_update { newest.member(before, seed).map(Some) } else { Some(None) }
    };
    while let Some((key, member)) = merged.next_rows(read)? {
        count += 1;
        if let Some(member) = member {
            writer.push(key, &member)?;
        }
    }
    Ok((writer.finish()?, count))
}

/// Writes layers as one.
pub(super) fn merge(layers: Vec<OwnReader>, seed: u64) -> Result<OwnFile, Error> {
    let mut writer = LayerWriter::new()?;
    for row in each_member(layers, seed, 0)? {
        let (key, member) = row?;
        writer.push(key, &member)?;
    }
    writer.finish()
}
