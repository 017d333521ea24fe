//! Paths in the storage, and what addresses must not contain.

use object_store::path::Path;

use super::super::error::Error;

/// The folder of the default root for uploads and copies of tables.
pub(crate) const UPLOADS: &str = "uploads";
/// The folder of the default root for what lists have received.
pub(crate) const BASELINES: &str = "baselines";
/// The folders of the default root that this service writes; no address may name anything in them.
pub(in super::super) const OWN_FOLDERS: [&str; 2] = [UPLOADS, BASELINES];

/// The longest address, in bytes, and the most parts of one: each of them is looked up.
const ADDRESS_BYTES_MAX: usize = 4096;
const PARTS_MAX: usize = 50;

/// Refuses an address that is longer than any that people use, before anything is looked up.
pub(in super::super) fn require_short(address: &str) -> Result<(), Error> {
    let message = if address.len() > ADDRESS_BYTES_MAX {
        format!("the address is longer than {ADDRESS_BYTES_MAX} bytes")
    } else if parts(address) > PARTS_MAX {
        format!("the address has more than {PARTS_MAX} parts")
    } else {
        return Ok(());
    };
    Err(Error::invalid(None, message))
}

fn parts(address: &str) -> usize {
    let decoded = address.replace("%2f", "/").replace("%2F", "/");
    decoded.split(['/', '\\']).count()
}

/// Whether an address has a `..`, plain or encoded. Such a path may end under a root, but nobody needs it.
pub(in super::super) fn has_parent_segment(url: &str) -> bool {
    let (_, path) = url.split_once("://").unwrap_or(("", url));
    let path = path.replace("%2e", ".").replace("%2E", ".");
    path.split(['/', '\\']).any(|part| part == "..")
}

/// A path that was stored as text; one that is not valid becomes one that no object has.
pub(in super::super) fn path_of(stored: &str) -> Path {
    Path::parse(stored).unwrap_or_else(|_| Path::from(stored))
}
