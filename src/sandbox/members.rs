//! The subscribers of one list: found by address, counted by state, paged in order.

use std::collections::HashMap;

use super::address::Key;
use super::member::{Member, State};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Email,
    Name,
    Date,
}

/// Which subscribers a paged read asks for, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    pub state: State,
    /// Only people who came into the state at this time or later, in seconds since 1970.
    pub since: i64,
    pub order: Order,
    pub descending: bool,
}

/// Everyone who is or was on the list.
#[derive(Debug, Default)]
pub struct Members {
    index: HashMap<Key, u32>,
    rows: Vec<Member>,
    counts: [usize; 5],
    key_sum: u128,
    resent: usize,
    most_imports: u32,
    /// The last sorted selection, so that paging through a million people sorts them once.
    sorted: Option<(Selection, Vec<u32>)>,
}

impl Members {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn count(&self, state: State) -> usize {
        self.counts[state as usize]
    }

    /// The sum of all address keys, modulo 2^128: the same for the same people in any order.
    pub fn key_sum(&self) -> u128 {
        self.key_sum
    }

    /// Number of people who were stored by more than one import.
    pub fn resent(&self) -> usize {
        self.resent
    }

    /// The largest number of imports that stored one and the same person.
    pub fn most_imports(&self) -> u32 {
        self.most_imports
    }

    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        self.rows.iter()
    }

    pub fn get(&self, key: Key) -> Option<&Member> {
        self.index.get(&key).map(|row| &self.rows[*row as usize])
    }

    /// Stores a person, in place of the one with the same key.
    pub fn put(&mut self, key: Key, member: Member) {
        self.sorted = None;
        self.counts[member.state as usize] += 1;
        self.most_imports = self.most_imports.max(member.imports);
        self.resent += usize::from(member.imports == 2);
        if let Some(row) = self.index.get(&key) {
            let old = std::mem::replace(&mut self.rows[*row as usize], member);
            self.counts[old.state as usize] -= 1;
            let counted_before = old.imports == 2 && self.rows[*row as usize].imports == 2;
            self.resent -= usize::from(counted_before);
        } else {
            let row = u32::try_from(self.rows.len()).expect("fewer than four billion people");
            self.index.insert(key, row);
            self.key_sum = self.key_sum.wrapping_add(key.as_u128());
            self.rows.push(member);
        }
    }

    /// Does nothing when the person is not on the list.
    pub fn set_state(&mut self, key: Key, state: State, now: i64) {
        let Some(row) = self.index.get(&key) else {
            return;
        };
        let member = &mut self.rows[*row as usize];
        self.counts[member.state as usize] -= 1;
        self.counts[state as usize] += 1;
        member.state = state;
        member.changed = now;
        self.sorted = None;
    }

    /// Moves a person to another address, which must be free.
    pub fn rekey(&mut self, old: Key, new: Key) {
        if let Some(row) = self.index.remove(&old) {
            self.index.insert(new, row);
            let sum = self.key_sum.wrapping_sub(old.as_u128());
            self.key_sum = sum.wrapping_add(new.as_u128());
        }
    }

    /// Removes a person without a trace; whether there was one.
    pub fn remove(&mut self, key: Key) -> bool {
        let Some(row) = self.index.remove(&key) else { return false };
        let removed = self.rows.swap_remove(row as usize);
        if let Some(moved) = self.rows.get(row as usize) {
            self.index.insert(Key::of(moved.email()), row);
        }
        self.counts[removed.state as usize] -= 1;
        self.key_sum = self.key_sum.wrapping_sub(key.as_u128());
        self.resent -= usize::from(removed.imports > 1);
        self.sorted = None;
        true
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// One page of a selection and the number of people in all of it.
    pub fn page(
        &mut self,
        selection: Selection,
        skip: usize,
        take: usize,
    ) -> (Vec<&Member>, usize) {
        if self.sorted.as_ref().is_none_or(|(sorted, _)| *sorted != selection) {
            self.sorted = Some((selection, self.sort(selection)));
        }
        let rows = self.sorted.as_ref().map_or(&[][..], |(_, rows)| rows);
        let page = rows.iter().skip(skip).take(take);
        (page.map(|row| &self.rows[*row as usize]).collect(), rows.len())
    }

    fn sort(&self, selection: Selection) -> Vec<u32> {
        let member = |row: &u32| &self.rows[*row as usize];
        let count = u32::try_from(self.rows.len()).expect("fewer than four billion people");
        let wanted = |row: &u32| {
            let member = member(row);
            member.state == selection.state && member.changed >= selection.since
        };
        let mut rows: Vec<u32> = (0..count).filter(wanted).collect();
        match selection.order {
            Order::Email => rows.sort_by_cached_key(|row| member(row).email().to_ascii_lowercase()),
            Order::Name => rows.sort_by_cached_key(|row| member(row).name().to_lowercase()),
            Order::Date => rows.sort_by_key(|row| member(row).changed),
        }
        if selection.descending {
            rows.reverse();
        }
        rows
    }
}
