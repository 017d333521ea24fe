//! Who joined the list while a run sent.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64;

use crate::campaign_monitor::SubscriberPage;

/// Hashes of the addresses of those who joined.
#[derive(Default)]
pub struct Joined(HashSet<u64>);

impl Joined {
    pub fn has(&self, address: &str) -> bool {
        self.0.contains(&address_hash(address))
    }

    /// Adds those of a page who are new on the list since `began`, not only active again.
    pub fn add(&mut self, page: &SubscriberPage<'_>, began: &str) {
        let is_new = |date: &str| date >= began;
        let new = page.results.iter().filter(|row| is_new(row.list_joined_date.as_str()));
        self.0.extend(new.map(|row| address_hash(row.email_address.as_str())));
    }
}

/// The same for an address in whatever capitals.
pub fn address_hash(address: &str) -> u64 {
    xxh3_64(address.to_lowercase().as_bytes())
}
