//! The rule that every member has a `CustomerId` of its own.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_128;

use super::CUSTOMER_ID;

/// The customers seen so far, 128 bits each: two that fall together are less likely than a broken disk.
#[derive(Default)]
pub(super) struct Customers(HashSet<u128>);

impl Customers {
    /// Lets a member in, or says what is wrong with its id.
    pub(super) fn admit(&mut self, id: Option<&str>) -> Result<(), String> {
        let id = require(id)?;
        if self.0.insert(xxh3_128(id.as_bytes())) {
            Ok(())
        } else {
            Err(format!("this {CUSTOMER_ID} came before; every member must have its own"))
        }
    }
}

/// The id of a member, which must not be empty.
pub(super) fn require(id: Option<&str>) -> Result<&str, String> {
    id.filter(|id| !id.trim().is_empty())
        .ok_or_else(|| format!("{CUSTOMER_ID} is empty; every member must have one"))
}
