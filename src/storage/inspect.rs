//! Inspecting external data: which files there are, with which fields and how many members.

use std::collections::{BTreeMap, HashMap};

use futures::TryStreamExt;
use object_store::{ObjectMeta, ObjectStoreExt};
use tokio_util::sync::CancellationToken;

use super::{
    blocking::run_blocking,
    csv::{self, Dialect, RecordLimits},
    customer_ids,
    error::Error,
    external::ExternalData,
    field::{Field, FieldType},
    file_names::{has_extension_of, is_hidden, require_extension},
    lakehouse,
    manifest::{Format, Inspection, Manifest, Object},
    model, parquet,
    pinned::PinnedObject,
    roots::{Location, Root, Storage},
    union::{FieldUnion, PartField},
};

/// The most files in one segment.
const OBJECTS_MAX: usize = 10_000;

/// The files, before any of them is read: their rows are not counted yet.
#[derive(PartialEq, Eq)]
struct Listing {
    manifest: Manifest,
    /// Known here only where a model names them.
    fields: Option<Vec<Field>>,
    /// Whether only the data can show that a file has a header: then the first of two dialects has one.
    header_unknown: bool,
}

impl Storage {
    /// Inspects external data, or answers what is `known` about it when every file is unchanged.
    ///
    /// CSV is read to its end and checked strictly; of Parquet only the footers are read. What is hidden, by a name
    /// that begins with `_` or `.`, is left out; any other file must be of the format. Duplicates of a `CustomerId` are
    /// not looked for: the files are not ours to reject row by row.
    pub(crate) async fn inspect(
        &self,
        data: &ExternalData,
        known: Option<Inspection>,
    ) -> Result<Inspection, Error> {
        let root = self.root(&data.at().root)?;
        match inspect(root, data, known).await {
            Err(error) => Err(root.explain(error).await),
            Ok(inspection) => Ok(inspection),
        }
    }
}

async fn inspect(
    root: &Root,
    data: &ExternalData,
    known: Option<Inspection>,
) -> Result<Inspection, Error> {
    let listing = list(root, data).await?;
    if let Some(known) = known.filter(|known| listing.is_unchanged_since(known)) {
        return Ok(known);
    }
    let inspection = inspect_objects(root, &listing).await?;
    // Files that came or went meanwhile would make a mixture of two versions.
    if list(root, data).await? != listing {
        return Err(Error::Changed { path: data.at().to_string() });
    }
    Ok(inspection)
}

impl Listing {
    fn is_unchanged_since(&self, known: &Inspection) -> bool {
        let content = |object: &Object| (object.path.clone(), object.size, object.etag.clone());
        let (ours, theirs) = (&self.manifest, &known.manifest);
        let is_same = ours.root == theirs.root
            && ours.format == theirs.format
            && ours.dialects == theirs.dialects
            && ours.notations == theirs.notations
            && ours.objects.iter().map(content).eq(theirs.objects.iter().map(content));
        // Without an `ETag` a change may go unnoticed.
        is_same
            && ours.objects.iter().all(|object| object.etag.is_some())
            && self.fields.as_ref().is_none_or(|fields| *fields == known.fields)
    }

    /// The dialects that a file may be written in.
    fn dialects(&self, object: &Object) -> Vec<Dialect> {
        if self.header_unknown {
            self.manifest.dialects.clone()
        } else {
            vec![self.manifest.dialect(object)]
        }
    }
}

async fn list(root: &Root, data: &ExternalData) -> Result<Listing, Error> {
    let mut notations = BTreeMap::new();
    let (format, dialects, files, fields, header_unknown) = match data {
        ExternalData::Files { at, format, dialect } => {
            if *format == Format::Parquet {
                lakehouse::refuse_inside(root, at).await?;
            }
            let files = files_at(root, at).await?.into_iter().map(|file| (file, 0)).collect();
            let is_default = *dialect == Dialect::default();
            (*format, if is_default { vec![] } else { vec![dialect.clone()] }, files, None, false)
        }
        ExternalData::Model { at, entity } => {
            let entity = model::read(root, at, entity).await?;
            let fields = entity.fields()?;
            let model::EntityFiles { files, dialects, header_unknown } =
                model::find(root, at, &entity).await?;
            let format = format_of(&files);
            // Columns of Parquet have types of their own.
            if format == Format::Csv {
                notations = entity.notations();
            }
            (format, dialects, files, Some(fields), header_unknown)
        }
    };
    for (file, _) in &files {
        require_extension(file, format)?;
    }
    let objects = files.into_iter().map(|(file, dialect)| unread(file, dialect)).collect();
    let manifest = Manifest { root: root.name.clone(), format, dialects, notations, objects };
    Ok(Listing { manifest, fields, header_unknown })
}

/// The partitions of a model are all of the same format.
fn format_of(files: &[(ObjectMeta, usize)]) -> Format {
    match files.first() {
        Some((file, _)) if has_extension_of(file, Format::Parquet) => Format::Parquet,
        _ => Format::Csv,
    }
}

fn unread(file: ObjectMeta, dialect: usize) -> Object {
    Object { path: file.location.to_string(), size: file.size, etag: file.e_tag, rows: 0, dialect }
}

/// The file at a location, or all files in the folder there and below it that are not hidden.
async fn files_at(root: &Root, at: &Location) -> Result<Vec<ObjectMeta>, Error> {
    root.require_external(&at.path)?;
    match root.store.head(&at.path).await {
        Ok(meta) => return Ok(vec![meta]),
        Err(object_store::Error::NotFound { .. }) => {}
        Err(cause) => return Err(Error::of_store(&at.path, cause)),
    }
    root.refuse_dangling(&at.path).await?;
    let mut listing = root.store.list(Some(&at.path));
    let mut files = Vec::new();
    let failed = |cause| Error::of_store(&at.path, cause);
    while let Some(meta) = listing.try_next().await.map_err(failed)? {
        lakehouse::refuse(&meta, &at.path)?;
        if is_hidden(&meta, &at.path) {
            continue;
        }
        root.require_external(&meta.location)?;
        files.push(meta);
        if files.len() > OBJECTS_MAX {
            return Err(Error::invalid(None, format!("{at} has more than {OBJECTS_MAX} files")));
        }
    }
    files.sort_by(|a, b| a.location.cmp(&b.location));
    if files.is_empty() { Err(Error::NotFound { path: at.to_string() }) } else { Ok(files) }
}

async fn inspect_objects(root: &Root, listing: &Listing) -> Result<Inspection, Error> {
    let mut manifest = Manifest { objects: vec![], ..listing.manifest.clone() };
    let mut in_model = listing.fields.clone();
    let mut union = FieldUnion::default();
    for object in &listing.manifest.objects {
        let mut object = object.clone();
        let fields = inspect_object(root, listing, &mut object).await?;
        let added = match &mut in_model {
            Some(in_model) => complete(in_model, &fields),
            None => union.add(fields, &object.path, object.rows),
        };
        added.map_err(|error| error.in_file(&object.path))?;
        manifest.objects.push(object);
    }
    Ok(Inspection { manifest, fields: in_model.unwrap_or_else(|| union.fields()) })
}

/// Counts the members of an object, notes its dialect, and returns its fields.
async fn inspect_object(
    root: &Root,
    listing: &Listing,
    object: &mut Object,
) -> Result<Vec<PartField>, Error> {
    let cancelled = CancellationToken::new();
    let _guard = cancelled.clone().drop_guard();
    let pinned = PinnedObject::new(root, object).until(cancelled);
    let (format, dialects) = (listing.manifest.format, listing.dialects(object));
    let inspected = run_blocking(move || match format {
        Format::Csv => inspect_csv(&pinned, &dialects),
        Format::Parquet => parquet::inspect(pinned).map(|(fields, rows)| (fields, rows, 0)),
    });
    let (fields, rows, dialect) = inspected.await.map_err(|error| error.in_file(&object.path))?;
    object.rows = rows;
    if listing.header_unknown {
        object.dialect = dialect;
    }
    Ok(fields)
}

/// Reads a file to its end in the first of the dialects that fits its header; returns its fields, its number of
/// members, and the index of that dialect.
fn inspect_csv(
    pinned: &PinnedObject,
    dialects: &[Dialect],
) -> Result<(Vec<PartField>, u64, usize), Error> {
    let last = dialects.len() - 1;
    let open = |dialect| csv::open(Box::new(pinned.chunks()), RecordLimits::EXTERNAL, dialect);
    let (mut records, dialect) = match open(&dialects[0]) {
        // A failure of the storage does not tell whether there is a header.
        Err(Error::Invalid { .. }) if last > 0 => (open(&dialects[last])?, last),
        opened => (opened?, 0),
    };
    let customer_id = csv::customer_id_column(records.header())
        .map_err(|error| other_separator(records.header(), &dialects[dialect], error))?;
    let mut rows = 0;
    while records.advance()? {
        let id = records.field(customer_id);
        customer_ids::require(id.as_deref())
            .map_err(|message| Error::invalid(records.line(), message))?;
        rows += 1;
    }
    Ok((text_fields(records.header()), rows, dialect))
}

/// A wrong separator explains why there is no `CustomerId`.
fn other_separator(header: &[String], dialect: &Dialect, error: Error) -> Error {
    let line = header.join(&String::from(dialect.delimiter));
    let Some(found) = csv::separator(&line, dialect.delimiter) else { return error };
    let message = format!(
        "the file seems to be separated by {}; set `csv.delimiter` of the source to {:?}",
        found.name,
        String::from(found.character)
    );
    Error::invalid(1, message)
}

fn text_fields(header: &[String]) -> Vec<PartField> {
    header.iter().map(|name| Field::new(name, FieldType::String).into()).collect()
}

/// A file must have every field of the model, of whatever types.
fn complete(in_model: &mut [Field], found: &[PartField]) -> Result<(), Error> {
    let found: HashMap<&str, &Field> =
        found.iter().map(|part| (part.field.name.as_str(), &part.field)).collect();
    for field in in_model {
        let Some(part) = found.get(field.name.as_str()) else {
            let message = format!("there is no column {:?}, but the model names it", field.name);
            return Err(Error::invalid(None, message));
        };
        field.has_numbers |= part.holds_numbers() && field.r#type != FieldType::Number;
        field.unmappable = field.unmappable.take().or_else(|| part.unmappable.clone());
    }
    Ok(())
}
