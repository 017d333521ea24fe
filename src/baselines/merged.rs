//! Several layers as one: every key once, in order, with its newest row.

use std::cmp::Reverse;

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use super::error::Error;
use super::layer::{KEY, LayerRows, LayerWriter, RUN, SCHEMA, SINCE, STATE, number_at, only};
use super::member::{ListMember, key};
use super::state::{MemberOrigin, MemberState};
use crate::names::RunId;
use crate::storage::{self, OwnBatches, OwnFile, OwnReader};

/// Where reading one layer is.
struct Cursor {
    path: String,
    batches: OwnBatches,
    rows: LayerRows,
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
        let rows = LayerRows::of(RecordBatch::new_empty(columns.clone().into()));
        let mut cursor = Self { path, batches, rows, row: 0, key: None };
        cursor.advance()?;
        while cursor.key.is_some_and(|key| key < from) {
            cursor.advance()?;
        }
        Ok(cursor)
    }

    /// The member of this row. What was known of it in the row before says who put it on the list, unless an answer
    /// proves that it was this service.
    fn member(&self, before: Option<&Self>, seed: u64) -> Option<ListMember> {
        let mut member = self.rows.member(self.row)?;
        if key(&member.address, seed) != self.rows.key(self.row) {
            return None;
        }
        if let Some(before) = before {
            member.origin = origin(before.rows.state(before.row)?, &member);
        }
        Some(member)
    }

    /// The same with the run since which the member has its state.
    fn member_since(&self, before: Option<&Self>, seed: u64) -> Option<(ListMember, RunId)> {
        let member = self.member(before, seed)?;
        let since = match before {
            Some(before) if before.state()? == member.state => before.rows.since(before.row)?,
            _ => self.rows.since(self.row)?,
        };
        Some((member, since))
    }

    fn state(&self) -> Option<MemberState> {
        Some(self.rows.state(self.row)?.0)
    }

    /// Keys that do not rise are damage.
    fn advance(&mut self) -> Result<(), Error> {
        let before = self.key.take();
        self.row += 1;
        if self.row >= self.rows.batch.num_rows() {
            let Some(batch) = self.batches.next() else { return Ok(()) };
            self.rows = LayerRows::of(batch.map_err(|cause| Error::of_object(&self.path, cause))?);
            self.row = 0;
        }
        self.key = Some(self.rows.key(self.row));
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
        self.next_rows(|newest, _| read(&newest.rows.batch, newest.row))
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

/// The key of a member, and the member with the run since which it has its state.
type MemberRow = Result<(u64, (ListMember, RunId)), Error>;

/// Every member of the layers, each with the run since which it has its state.
pub(super) fn each_member_since(
    layers: Vec<OwnReader>,
    seed: u64,
) -> Result<impl Iterator<Item = MemberRow>, Error> {
    let mut merged = Merged::open(layers, &SCHEMA)?;
    let read = move |newest: &Cursor, before: Option<&Cursor>| newest.member_since(before, seed);
    Ok(std::iter::from_fn(move || merged.next_rows(read).transpose()))
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

/// What layers know of a member.
struct KnownMember {
    is_as: (MemberState, MemberOrigin),
    since: RunId,
}

impl Merged {
    /// The smallest key that is not read yet; `None` at the end.
    fn key(&self) -> Option<u64> {
        self.cursors.iter().filter_map(|cursor| cursor.key).min()
    }

    /// What is known of the member with the next key.
    fn next_known(&mut self) -> Result<Option<KnownMember>, Error> {
        let read = |newest: &Cursor, _: Option<&Cursor>| {
            let (rows, row) = (&newest.rows, newest.row);
            Some(KnownMember { is_as: rows.state(row)?, since: rows.since(row)? })
        };
        Ok(self.next_rows(read)?.map(|(_, known)| known))
    }

    /// Passes by the members before a key, and writes them where they are wanted. Returns how many they were.
    fn pass(
        &mut self,
        upto: Option<u64>,
        seed: u64,
        mut writer: Option<&mut LayerWriter>,
    ) -> Result<u64, Error> {
        let mut count = 0;
        while self.key().is_some_and(|key| upto.is_none_or(|upto| key < upto)) {
            match &mut writer {
                None => self.next_rows(|_, _| Some(())).map(drop)?,
                Some(writer) => {
                    let read = |newest: &Cursor, before: Option<&Cursor>| {
                        newest.member_since(before, seed)
                    };
                    if let Some((key, (member, since))) = self.next_rows(read)? {
                        writer.push(key, &member, since)?;
                    }
                }
            }
            count += 1;
        }
        Ok(count)
    }
}

/// Which members a new layer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LayerScope {
    /// Those of the update alone; the layers below it stay.
    Update,
    /// Those of the layers below it too, which it replaces.
    All,
}

/// Writes an update, whose members come in the order of their keys, with the origins that the layers below it know.
/// Returns how many keys there are together.
pub(super) fn with_update(
    layers: Vec<OwnReader>,
    update: impl Iterator<Item = Result<(u64, ListMember), Error>>,
    seed: u64,
    scope: LayerScope,
) -> Result<(OwnFile, u64), Error> {
    let is_all = scope == LayerScope::All;
    let columns = if is_all { Schema::clone(&SCHEMA) } else { only(&[KEY, STATE, RUN, SINCE]) };
    let (mut below, mut writer, mut count) =
        (Merged::open(layers, &columns)?, LayerWriter::new()?, 0);
    for row in update {
        let (key, mut member) = row?;
        count += below.pass(Some(key), seed, is_all.then_some(&mut writer))? + 1;
        let known = if below.key() == Some(key) { below.next_known()? } else { None };
        let mut since = member.run;
        if let Some(known) = known {
            member.origin = origin(known.is_as, &member);
            since = if known.is_as.0 == member.state { known.since } else { since };
        }
        writer.push(key, &member, since)?;
    }
    count += below.pass(None, seed, is_all.then_some(&mut writer))?;
    Ok((writer.finish()?, count))
}
