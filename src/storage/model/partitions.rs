//! Which files hold the members of an entity now.
//!
//! Where the model names partitions, those count. Where it names none, the dated folders that Customer Insights writes
//! its exports to are looked through. Either way, of several exports the newest complete one counts.

use std::collections::BTreeMap;

use object_store::{ObjectMeta, ObjectStoreExt, path::Path};

use super::{
    super::{
        Dialect, Error, Location,
        roots::{Root, climbs},
    },
    Entity, Partition, exports,
};

/// The files of an entity, in order, each with the number of its dialect.
pub(in super::super) struct Parts {
    pub(in super::super) files: Vec<(ObjectMeta, usize)>,
    pub(in super::super) dialects: Vec<Dialect>,
    /// Nobody says whether there are headers: the first dialect has one, the second has none.
    pub(in super::super) header_unknown: bool,
}

/// Finds the files that hold an entity of the model in a folder.
pub(in super::super) async fn find(
    root: &Root,
    at: &Location,
    entity: &Entity,
) -> Result<Parts, Error> {
    match entity.partitions.as_deref() {
        None | Some([]) => {
            let files = exports::newest(root, at, &entity.name).await?;
            let with = entity.dialect(None)?;
            let without = Dialect { header: false, ..with.clone() };
            Ok(Parts {
                files: files.into_iter().map(|file| (file, 0)).collect(),
                dialects: vec![with, without],
                header_unknown: true,
            })
        }
        Some(partitions) => named(root, at, entity, partitions).await,
    }
}

/// A partition with the place it names.
type Named<'a> = (&'a Partition, Path);

async fn named(
    root: &Root,
    at: &Location,
    entity: &Entity,
    partitions: &[Partition],
) -> Result<Parts, Error> {
    let mut by_stamp: BTreeMap<Option<String>, Vec<Named<'_>>> = BTreeMap::new();
    for partition in partitions {
        let path = place(root, at, entity, partition)?;
        by_stamp.entry(exports::stamp(&path)).or_default().push((partition, path));
    }
    let mut missing = None;
    for (_, parts) in by_stamp.into_iter().rev() {
        match existing(root, &parts).await? {
            Ok(files) => return with_dialects(entity, &parts, files),
            Err(name) => missing = missing.or(Some(name)),
        }
    }
    let name = missing.unwrap_or_default();
    Err(entity.wrong(&format!(
        "the file of partition {name:?} is missing, so the export is not complete; write it again"
    )))
}

/// Where a partition lies: below the folder of its model, and nowhere else, whatever the model says.
fn place(
    root: &Root,
    at: &Location,
    entity: &Entity,
    partition: &Partition,
) -> Result<Path, Error> {
    let Partition { name, location, .. } = partition;
    let location = location
        .as_deref()
        .ok_or_else(|| entity.wrong(&format!("partition {name:?} has no location")))?;
    let path = if location.contains("://") {
        root.relative(location).filter(|_| !climbs(location))
    } else {
        let below = Path::from_url_path(location).ok();
        below.map(|below| at.path.parts().chain(below.parts()).collect())
    };
    let path = path.filter(|path| path.prefix_matches(&at.path) && root.admit(path).is_ok());
    path.ok_or_else(|| {
        entity.wrong(&format!("partition {name:?} lies outside the folder of the model"))
    })
}

/// The files of partitions, or the name of the first one whose file is missing.
async fn existing(
    root: &Root,
    parts: &[Named<'_>],
) -> Result<Result<Vec<ObjectMeta>, String>, Error> {
    let mut files = Vec::with_capacity(parts.len());
    for (partition, path) in parts {
        match root.store.head(path).await {
            Ok(file) => files.push(file),
            Err(object_store::Error::NotFound { .. }) => return Ok(Err(partition.name.clone())),
            Err(cause) => return Err(Error::of_store(path, cause)),
        }
    }
    Ok(Ok(files))
}

fn with_dialects(
    entity: &Entity,
    parts: &[Named<'_>],
    files: Vec<ObjectMeta>,
) -> Result<Parts, Error> {
    let header_unknown = parts.iter().all(|(part, _)| part.file_format_settings.is_none());
    let mut dialects: Vec<Dialect> = Vec::new();
    let mut numbered = Vec::with_capacity(files.len());
    for ((partition, _), file) in parts.iter().zip(files) {
        let dialect = entity.dialect(partition.file_format_settings.as_ref())?;
        let known = dialects.iter().position(|known| *known == dialect);
        let number = known.unwrap_or_else(|| {
            dialects.push(dialect);
            dialects.len() - 1
        });
        numbered.push((file, number));
    }
    if header_unknown {
        dialects.push(Dialect { header: false, ..dialects[0].clone() });
    }
    Ok(Parts { files: numbered, dialects, header_unknown })
}
