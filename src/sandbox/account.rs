//! The account: its clients and its lists.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128;

use super::client::Client;
use super::list::List;

#[derive(Debug)]
pub struct Account {
    pub clients: Vec<Arc<Client>>,
    /// In the order in which they were created.
    pub lists: Vec<Arc<List>>,
    made_ids: u64,
}

impl Account {
    pub fn new(clients: Vec<Arc<Client>>, lists: Vec<Arc<List>>) -> Self {
        Self { clients, lists, made_ids: 0 }
    }

    /// A new id of 32 hexadecimal digits, the same in every sandbox that has made as many.
    pub fn make_id(&mut self) -> String {
        self.made_ids += 1;
        format!("{:032x}", xxh3_128(&self.made_ids.to_le_bytes()))
    }
}
