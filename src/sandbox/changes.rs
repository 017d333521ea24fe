//! How often a person has been changed within a minute, for Code 429.

use std::collections::HashMap;

use super::address::Key;

/// Adds and updates of single people in the current minute.
#[derive(Debug, Default)]
pub struct RecentChanges {
    minute: i64,
    by_person: HashMap<Key, u32>,
}

impl RecentChanges {
    /// Counts one more change of a person; returns how many that makes in this minute.
    pub fn count(&mut self, key: Key, now: i64) -> u32 {
        if self.minute != now / 60 {
            *self = Self { minute: now / 60, by_person: HashMap::new() };
        }
        let changes = self.by_person.entry(key).or_default();
        *changes += 1;
        *changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_a_person_are_counted_anew_every_minute() {
        let mut recent = RecentChanges::default();
        let (ada, bob) = (Key::of("ada@example.com"), Key::of("bob@example.com"));
        assert_eq!(
            [recent.count(ada, 60), recent.count(ada, 119), recent.count(bob, 119)],
            [1, 2, 1]
        );
        assert_eq!(recent.count(ada, 120), 1);
    }
}
