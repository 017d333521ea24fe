//! The memory for the open pages of all Parquet files that this process reads at the same time.
//!
//! A file takes room for its pages at once and gives it back as a whole. Who needs more gives back first and then takes
//! more: nobody waits while holding some, so nobody waits for ever.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use super::super::limits::{ALL_OPEN_PAGES_BYTES, ROOM_WAIT};

static OPEN_PAGES: Memory = Memory::new(ALL_OPEN_PAGES_BYTES);

struct Memory {
    free: Mutex<u64>,
    returned: Condvar,
}

/// Bytes that nobody else uses until it is dropped.
pub(super) struct Room {
    bytes: u64,
    memory: &'static Memory,
}

impl Room {
    /// Waits for others to give room back; `None` when they do not.
    pub(super) fn take(bytes: u64) -> Option<Self> {
        OPEN_PAGES.take(bytes, ROOM_WAIT)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        *self.memory.free.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        self.memory.returned.notify_all();
    }
}

impl Memory {
    const fn new(bytes: u64) -> Self {
        Self { free: Mutex::new(bytes), returned: Condvar::new() }
    }

    fn take(&'static self, bytes: u64, wait: Duration) -> Option<Room> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.returned.wait_timeout_while(free, wait, |free| *free < bytes);
        let (mut free, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return None;
        }
        *free -= bytes;
        Some(Room { bytes, memory: self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    #[test]
    fn room_that_is_given_back_goes_to_who_waits_for_it() {
        static MEMORY: Memory = Memory::new(10);
        let held = MEMORY.take(7, SOON).unwrap();
        assert!(MEMORY.take(4, SOON).is_none());
        let waits = std::thread::spawn(|| MEMORY.take(4, Duration::from_mins(1)).is_some());
        drop(held);
        assert!(waits.join().unwrap());
        assert!(MEMORY.take(10, SOON).is_some());
    }
}
