//! Slots that instances share, so that none keeps the others out.
//!
//! Who has none may take any that is free. Who has some may take more only as long as it then has at most three times
//! what is still free: alone at most three quarters of all, and never the last one. A slot is one of few uploads, or so
//! many bytes of memory.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

/// An instance may have so many times what it leaves to others.
const SHARE: usize = 3;

/// Slots for one kind of work.
#[derive(Debug)]
pub struct Slots {
    most: usize,
    taken: Mutex<HashMap<Uuid, usize>>,
}

/// Taken until it is dropped.
#[derive(Debug)]
pub struct SharedSlot {
    slots: Arc<Slots>,
    instance: Uuid,
    size: usize,
}

impl Slots {
    /// As many as the setting says, all free.
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default() })
    }

    /// Takes one for `instance`; `None` when none is free, or the rest is for others.
    #[must_use]
    pub fn take(self: &Arc<Self>, instance: Uuid) -> Option<SharedSlot> {
        self.take_of(instance, 1)
    }

    /// Takes one that counts as `size` of them.
    #[must_use]
    pub fn take_of(self: &Arc<Self>, instance: Uuid, size: usize) -> Option<SharedSlot> {
        let mut taken = self.taken();
        let free = self.most.saturating_sub(taken.values().sum());
        let left = free.checked_sub(size)?;
        let own = taken.get(&instance).copied().unwrap_or_default();
        if own > 0 && own + size > left.saturating_mul(SHARE) {
            return None;
        }
        *taken.entry(instance).or_default() += size;
        Some(SharedSlot { slots: self.clone(), instance, size })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Uuid, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SharedSlot {
    fn drop(&mut self) {
        // Instances that have none are not remembered.
        if let Entry::Occupied(mut own) = self.slots.taken().entry(self.instance) {
            *own.get_mut() -= self.size;
            if *own.get() == 0 {
                own.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes as many as it gets.
    fn all(slots: &Arc<Slots>, instance: u128) -> Vec<SharedSlot> {
        std::iter::from_fn(|| slots.take(Uuid::from_u128(instance))).collect()
    }

    #[test]
    fn one_instance_alone_never_takes_the_last_slot() {
        for (most, alone) in [(1, 1), (2, 1), (3, 2), (4, 3), (8, 6), (100, 75)] {
            let slots = Slots::new(most);
            let first = all(&slots, 1);
            assert_eq!(first.len(), alone, "of {most}");
            let second = all(&slots, 2);
            assert_eq!(second.is_empty(), most == 1, "of {most}");
        }
    }

    #[test]
    fn many_slots_have_room_for_many_instances() {
        let slots = Slots::new(100);
        let taken: Vec<_> = (1..=4).map(|instance| all(&slots, instance)).collect();
        let counts: Vec<_> = taken.iter().map(Vec::len).collect();
        assert_eq!(counts, [75, 18, 5, 1]);
    }

    #[test]
    fn a_slot_that_is_dropped_is_free_for_others() {
        let slots = Slots::new(1);
        let first = slots.take(Uuid::from_u128(1));
        assert!(first.is_some() && slots.take(Uuid::from_u128(2)).is_none());
        drop(first);
        assert!(slots.taken().is_empty(), "nobody is remembered");
        assert!(slots.take(Uuid::from_u128(2)).is_some());
    }

    #[test]
    fn bytes_are_shared_as_slots_are() {
        let (bytes, one) = (Slots::new(1000), Uuid::from_u128(1));
        assert!(bytes.take_of(one, 1001).is_none(), "there are not so many");
        let first = bytes.take_of(one, 600);
        assert!(first.is_some() && bytes.take_of(one, 200).is_none(), "200 would be left");
        let more = bytes.take_of(one, 100);
        assert!(more.is_some() && bytes.take_of(one, 60).is_none());
        assert!(bytes.take_of(Uuid::from_u128(2), 300).is_some());
    }

    #[test]
    fn no_slots_are_none() {
        assert!(Slots::new(0).take(Uuid::nil()).is_none());
    }
}
