//! Hashes of the bytes that members are read from: the same bytes, read in the same way, are the same members.
//!
//! Nothing is decoded, so this takes a fraction of the time in which the members are read. Of Parquet the footer
//! counts, and the pieces of the columns that are read; of CSV everything.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use xxhash_rust::xxh3::Xxh3;

use super::{
    blocking::run_blocking,
    error::Error,
    manifest::{Format, Manifest},
    pages::WantedColumns,
    parquet,
    pinned::PinnedObject,
    roots::Storage,
};

/// How many bytes count as the start of CSV.
const START_BYTES: u64 = 64 << 10;

/// What the members of manifests are read from, as hashes of 128 bits, seeded so that nobody can prepare two contents
/// that collide. Where the objects are does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentHash {
    /// Of how the objects are read, of their sizes, and of the footer or the start of each: nearly every change of the
    /// members changes it.
    start: String,
    /// The same with everything that is read.
    all: String,
}

impl Storage {
    /// Hashes what these columns of the manifests are read from. `None` when that starts in another way than what is
    /// `known`: then no more than the starts were read.
    pub(crate) async fn content(
        &self,
        manifests: &[Arc<Manifest>],
        columns: &WantedColumns,
        seed: u64,
        known: Option<&ContentHash>,
    ) -> Result<Option<ContentHash>, Error> {
        let cancelled = CancellationToken::new();
        let mut objects = Vec::new();
        for manifest in manifests {
            let root = self.root(&manifest.root)?;
            let pin = |object| PinnedObject::new(root, object).until(cancelled.clone());
            objects.extend(manifest.objects.iter().map(|object| (manifest.format, pin(object))));
        }
        let (form, names) = (form(manifests, columns), columns.names.clone());
        let known = known.map(|known| known.start.clone());
        let _guard = cancelled.drop_guard();
        run_blocking(move || {
            let mut hash = Xxh3::with_seed(seed);
            add(&mut hash, form.as_bytes());
            hash_all(hash, &objects, &names, known.as_deref())
        })
        .await
    }
}

/// How the objects are read, as text.
fn form(manifests: &[Arc<Manifest>], columns: &WantedColumns) -> String {
    let form = |manifest: &Arc<Manifest>| {
        let Manifest { format, dialects, notations, objects, .. } = manifest.as_ref();
        let sizes = objects.iter().map(|object| (object.size, object.rows, object.dialect));
        let sizes: Vec<_> = sizes.collect();
        json!({"format": format, "dialects": dialects, "notations": notations, "objects": sizes})
    };
    let manifests: Vec<_> = manifests.iter().map(form).collect();
    json!({"columns": &*columns.names, "needed": &*columns.needed, "read": manifests}).to_string()
}

fn hash_all(
    mut hash: Xxh3,
    objects: &[(Format, PinnedObject)],
    names: &[String],
    known: Option<&str>,
) -> Result<Option<ContentHash>, Error> {
    let mut rest = Vec::with_capacity(objects.len());
    for (format, object) in objects {
        let (start, left) = match format {
            Format::Parquet => parquet::read_bytes(object, names)?,
            Format::Csv => start_and_rest(object)?,
        };
        add(&mut hash, &start);
        rest.push(left);
    }
    let start = hex(&hash);
    if known.is_some_and(|known| known != start) {
        return Ok(None);
    }
    for ((_, object), ranges) in objects.iter().zip(rest) {
        for bytes in object.chunks_of(ranges) {
            hash.update(&bytes?);
        }
    }
    Ok(Some(ContentHash { start, all: hex(&hash) }))
}

fn start_and_rest(object: &PinnedObject) -> Result<(Bytes, Vec<Range<u64>>), Error> {
    let start = 0..START_BYTES.min(object.size);
    let rest = start.end..object.size;
    let start = if start.is_empty() { Bytes::new() } else { object.read(start)? };
    Ok((start, vec![rest]))
}

/// With its length, so that no two lists of texts are the same bytes.
fn add(hash: &mut Xxh3, bytes: &[u8]) {
    hash.update(&(bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

fn hex(hash: &Xxh3) -> String {
    format!("{:032x}", hash.digest128())
}
