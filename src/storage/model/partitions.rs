//! Which files have the members of an entity now.
//!
//! The partitions that the model names, or without any those in the dated folders that Customer Insights writes its
//! exports to. Of several exports the newest complete one counts.

use std::collections::BTreeMap;

use object_store::{ObjectMeta, ObjectStoreExt, path::Path};

use super::{
    super::{
        csv::Dialect,
        error::Error,
        roots::{Location, Root, has_parent_segment, require_short},
    },
    entity::{Entity, Partition},
    exports,
};

/// In how many ways the partitions of an entity may be written: each holds the names of all attributes.
const DIALECTS_MAX: usize = 16;

pub(in super::super) struct EntityFiles {
    /// In order, each with the index of its dialect.
    pub(in super::super) files: Vec<(ObjectMeta, usize)>,
    pub(in super::super) dialects: Vec<Dialect>,
    /// Only the data can show whether there is a header: the first dialect has one, the second has none.
    pub(in super::super) header_unknown: bool,
}

pub(in super::super) async fn find(
    root: &Root,
    at: &Location,
    entity: &Entity,
) -> Result<EntityFiles, Error> {
    match entity.partitions.as_deref() {
        None | Some([]) => {
            let files = exports::newest(root, at, &entity.name).await?;
            let with_header = entity.dialect(None)?;
            let without = Dialect { header: false, ..with_header.clone() };
            Ok(EntityFiles {
                files: files.into_iter().map(|file| (file, 0)).collect(),
                dialects: vec![with_header, without],
                header_unknown: true,
            })
        }
        Some(partitions) => named(root, at, entity, partitions).await,
    }
}

type WithPath<'a> = (&'a Partition, Path);

async fn named(
    root: &Root,
    at: &Location,
    entity: &Entity,
    partitions: &[Partition],
) -> Result<EntityFiles, Error> {
    let mut by_date: BTreeMap<Option<String>, Vec<WithPath<'_>>> = BTreeMap::new();
    for partition in partitions {
        let path = path_of(root, at, entity, partition)?;
        by_date.entry(exports::date_in(&path)).or_default().push((partition, path));
    }
    let mut missing = None;
    for (_, parts) in by_date.into_iter().rev() {
        match existing(root, &parts).await? {
            Ok(files) => return with_dialects(entity, &parts, files),
            Err(name) => missing = missing.or(Some(name)),
        }
    }
    let name = missing.unwrap_or_default();
    Err(entity.invalid(&format!(
        "the file of partition {name:?} is missing, so the export is incomplete; write it again"
    )))
}

/// A partition must be below the folder of its model, whatever its location is.
fn path_of(
    root: &Root,
    at: &Location,
    entity: &Entity,
    partition: &Partition,
) -> Result<Path, Error> {
    let Partition { name, location, .. } = partition;
    let location = location
        .as_deref()
        .ok_or_else(|| entity.invalid(&format!("partition {name:?} has no location")))?;
    require_short(location)
        .map_err(|error| entity.invalid(&format!("partition {name:?}: {error}")))?;
    let path = if location.contains("://") {
        root.relative(location).filter(|_| !has_parent_segment(location))
    } else {
        let below = Path::from_url_path(location).ok();
        below.map(|below| at.path.parts().chain(below.parts()).collect())
    };
    let path =
        path.filter(|path| path.prefix_matches(&at.path) && root.require_external(path).is_ok());
    path.ok_or_else(|| {
        entity.invalid(&format!("partition {name:?} is outside the folder of the model"))
    })
}

/// The files of partitions, or the name of the first partition whose file is missing.
async fn existing(
    root: &Root,
    parts: &[WithPath<'_>],
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
    parts: &[WithPath<'_>],
    files: Vec<ObjectMeta>,
) -> Result<EntityFiles, Error> {
    let header_unknown = parts.iter().all(|(part, _)| part.file_format_settings.is_none());
    let mut dialects: Vec<Dialect> = Vec::new();
    let mut indexed = Vec::with_capacity(files.len());
    for ((partition, _), file) in parts.iter().zip(files) {
        let dialect = entity.dialect(partition.file_format_settings.as_ref())?;
        let known = dialects.iter().position(|known| *known == dialect);
        let index = known.unwrap_or(dialects.len());
        if index == DIALECTS_MAX {
            let message = format!("its partitions are written in more than {DIALECTS_MAX} ways");
            return Err(entity.invalid(&message));
        }
        if known.is_none() {
            dialects.push(dialect);
        }
        indexed.push((file, index));
    }
    if header_unknown {
        dialects.push(Dialect { header: false, ..dialects[0].clone() });
    }
    Ok(EntityFiles { files: indexed, dialects, header_unknown })
}
