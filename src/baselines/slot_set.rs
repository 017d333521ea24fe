//! Some members of a baseline, by their slots: a bit for each member.

/// A set of slots ([`Known::slot`](super::Known::slot)) of one version of a baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlotSet {
    words: Vec<u64>,
    count: usize,
}

impl SlotSet {
    /// An empty set, for so many members.
    #[must_use]
    pub fn new(members: usize) -> Self {
        Self { words: vec![0; members.div_ceil(64)], count: 0 }
    }

    /// Whether the slot was not in the set.
    pub fn insert(&mut self, slot: usize) -> bool {
        let is_new = !self.contains(slot);
        self.words[slot / 64] |= 1 << (slot % 64);
        self.count += usize::from(is_new);
        is_new
    }

    /// Takes a slot out, if it is in the set.
    pub fn remove(&mut self, slot: usize) {
        if self.contains(slot) {
            self.words[slot / 64] &= !(1 << (slot % 64));
            self.count -= 1;
        }
    }

    /// Whether the slot is in the set.
    #[must_use]
    pub fn contains(&self, slot: usize) -> bool {
        self.words.get(slot / 64).is_some_and(|word| word & (1 << (slot % 64)) != 0)
    }

    /// The slots of the set, in their order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.words.len() * 64).filter(|slot| self.contains(*slot))
    }

    /// How many slots are in the set.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether no slot is in the set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_come_and_go_and_are_counted_once() {
        let mut set = SlotSet::new(130);
        for slot in [0, 63, 64, 129] {
            assert!(set.insert(slot));
            assert!(!set.insert(slot));
        }
        set.remove(63);
        set.remove(63);
        assert_eq!((set.len(), set.is_empty()), (3, false));
        let found: Vec<_> = set.iter().collect();
        assert_eq!(found, [0, 64, 129]);
        assert!(SlotSet::new(0).is_empty());
    }
}
