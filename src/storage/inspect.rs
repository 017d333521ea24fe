//! A first look at files that somebody else wrote: what is there, which fields, how many members.

use futures::TryStreamExt;
use object_store::{ObjectMeta, ObjectStoreExt};
use tokio_util::sync::CancellationToken;

use super::{
    Dialect, Error, Field, FieldType, Format, Inspection, Location, Manifest, Object, Storage, csv,
    customers, model, off_thread, pages::LIMITS, parquet, roots::Root, source::Source,
};

/// The most files in one segment.
const OBJECTS_MAX: usize = 10_000;

/// What somebody else writes, and where.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A file, or all files in a folder and below it, in the order of their paths.
    Files {
        /// The file or the folder.
        at: Location,
        /// How all of them are stored.
        format: Format,
        /// How they are written, when they are CSV.
        dialect: Dialect,
    },
    /// An entity of a `model.json`.
    Model {
        /// The folder with the model.
        at: Location,
        /// Its name in the model.
        entity: String,
    },
}

impl Origin {
    const fn at(&self) -> &Location {
        match self {
            Self::Files { at, .. } | Self::Model { at, .. } => at,
        }
    }
}

/// What is there, before anything has been read: the members are not counted yet.
#[derive(PartialEq, Eq)]
struct Found {
    manifest: Manifest,
    /// The fields, where a model tells them.
    fields: Option<Vec<Field>>,
    /// Whether each file has to be asked for its header.
    header_unknown: bool,
}

impl Storage {
    /// Looks at what somebody else wrote, or answers what is `known` about it when no file is another one since.
    ///
    /// CSV is read whole and checked strictly; of Parquet only the footers are read. Files whose names begin with `_`
    /// or `.` are notes of the writer's and left out; any other file must be of the format. That a `CustomerId` stands
    /// only once is not checked here, since the files are not ours to refuse row by row.
    pub async fn inspect(
        &self,
        origin: &Origin,
        known: Option<Inspection>,
    ) -> Result<Inspection, Error> {
        let root = self.root(&origin.at().root)?;
        match inspect(root, origin, known).await {
            Err(error) => Err(root.explain(error).await),
            Ok(inspection) => Ok(inspection),
        }
    }
}

async fn inspect(
    root: &Root,
    origin: &Origin,
    known: Option<Inspection>,
) -> Result<Inspection, Error> {
    let found = find(root, origin).await?;
    if let Some(known) = known.filter(|known| found.is_what(known)) {
        return Ok(known);
    }
    let inspection = look_at_all(root, &found).await?;
    // Files that come or go meanwhile would make a mixture of two versions.
    if find(root, origin).await? != found {
        return Err(Error::Changed { path: origin.at().to_string() });
    }
    Ok(inspection)
}

impl Found {
    /// Whether these are the objects that are known, with the fields that are known.
    fn is_what(&self, known: &Inspection) -> bool {
        let unread = |object: &Object| (object.path.clone(), object.size, object.etag.clone());
        let (ours, theirs) = (&self.manifest, &known.manifest);
        let is_same = ours.root == theirs.root
            && ours.format == theirs.format
            && ours.dialects == theirs.dialects
            && ours.objects.iter().map(unread).eq(theirs.objects.iter().map(unread));
        // Without an `ETag` nobody knows.
        is_same
            && ours.objects.iter().all(|object| object.etag.is_some())
            && self.fields.as_ref().is_none_or(|fields| *fields == known.fields)
    }
}

async fn find(root: &Root, origin: &Origin) -> Result<Found, Error> {
    let (format, dialects, files, fields, header_unknown) = match origin {
        Origin::Files { at, format, dialect } => {
            let files = list(root, at).await?.into_iter().map(|file| (file, 0)).collect::<Vec<_>>();
            let is_plain = *dialect == Dialect::default();
            (*format, if is_plain { vec![] } else { vec![dialect.clone()] }, files, None, false)
        }
        Origin::Model { at, entity } => {
            let entity = model::read(root, at, entity).await?;
            let fields = entity.fields()?;
            let model::Parts { files, dialects, header_unknown } =
                model::find(root, at, &entity).await?;
            (format_of(&files), dialects, files, Some(fields), header_unknown)
        }
    };
    for (file, _) in &files {
        require_name(file, format)?;
    }
    let objects = files.into_iter().map(|(file, dialect)| unread(file, dialect)).collect();
    let manifest = Manifest { root: root.name.clone(), format, dialects, objects };
    Ok(Found { manifest, fields, header_unknown })
}

/// The partitions of a model are of one format; the first tells which.
fn format_of(files: &[(ObjectMeta, usize)]) -> Format {
    match files.first() {
        Some((file, _)) if is_named(file, Format::Parquet) => Format::Parquet,
        _ => Format::Csv,
    }
}

fn unread(file: ObjectMeta, dialect: usize) -> Object {
    Object { path: file.location.to_string(), size: file.size, etag: file.e_tag, rows: 0, dialect }
}

/// The file at a place, or all files in the folder there and below it.
async fn list(root: &Root, at: &Location) -> Result<Vec<ObjectMeta>, Error> {
    match root.store.head(&at.path).await {
        Ok(meta) => return Ok(vec![meta]),
        Err(object_store::Error::NotFound { .. }) => {}
        Err(cause) => return Err(Error::of_store(&at.path, cause)),
    }
    let listing =
        root.store.list(Some(&at.path)).try_filter(|meta| std::future::ready(!is_note(meta)));
    let mut found = Vec::new();
    futures::pin_mut!(listing);
    let failed = |cause| Error::of_store(&at.path, cause);
    while let Some(meta) = listing.try_next().await.map_err(failed)? {
        root.admit(&meta.location)?;
        found.push(meta);
        if found.len() > OBJECTS_MAX {
            return Err(Error::invalid(None, format!("{at} holds more than {OBJECTS_MAX} files")));
        }
    }
    found.sort_by(|one, other| one.location.cmp(&other.location));
    if found.is_empty() { Err(Error::NotFound { path: at.to_string() }) } else { Ok(found) }
}

async fn look_at_all(root: &Root, found: &Found) -> Result<Inspection, Error> {
    let mut manifest = Manifest { objects: vec![], ..found.manifest.clone() };
    let mut known = found.fields.clone();
    for object in &found.manifest.objects {
        let mut object = object.clone();
        let fields = look(root, found, &mut object).await?;
        match &known {
            None => known = Some(fields),
            Some(known) if found.fields.is_none() => agree(known, &object, &fields)?,
            Some(known) => has_all(&fields, &object, known)?,
        }
        manifest.objects.push(object);
    }
    Ok(Inspection { manifest, fields: known.unwrap_or_default() })
}

/// Counts the members of an object, and tells the fields it has.
async fn look(root: &Root, found: &Found, object: &mut Object) -> Result<Vec<Field>, Error> {
    let given_up = CancellationToken::new();
    let _guard = given_up.clone().drop_guard();
    let source = Source::new(root, object).until(given_up);
    let format = found.manifest.format;
    let dialects = if found.header_unknown {
        found.manifest.dialects.clone()
    } else {
        vec![found.manifest.dialect(object)]
    };
    let seen = off_thread(move || match format {
        Format::Csv => look_at_csv(&source, &dialects),
        Format::Parquet => parquet::look(source).map(|(fields, rows)| (fields, rows, 0)),
    });
    let (fields, rows, dialect) = seen.await.map_err(|error| error.in_file(&object.path))?;
    object.rows = rows;
    if found.header_unknown {
        object.dialect = dialect;
    }
    Ok(fields)
}

/// Whether a file is a note of whoever wrote the others.
pub(super) fn is_note(meta: &ObjectMeta) -> bool {
    meta.location.filename().is_none_or(|name| name.starts_with(['_', '.']))
}

fn is_named(meta: &ObjectMeta, format: Format) -> bool {
    let name = meta.location.filename().unwrap_or_default().to_ascii_lowercase();
    match format {
        Format::Csv => [".csv", ".csv.gz", ".csv.zst"].iter().any(|end| name.ends_with(end)),
        Format::Parquet => name.ends_with(".parquet"),
    }
}

fn require_name(meta: &ObjectMeta, format: Format) -> Result<(), Error> {
    if is_named(meta, format) {
        return Ok(());
    }
    let wanted = match format {
        Format::Csv => ".csv, .csv.gz or .csv.zst",
        Format::Parquet => ".parquet",
    };
    let message = format!(
        "the name does not end in {wanted}; keep the files of a segment in a folder of their own"
    );
    Err(Error::invalid(None, message).in_file(meta.location.as_ref()))
}

/// Reads a file whole in the first of the dialects whose header fits; tells its fields, its members, and that dialect.
fn look_at_csv(source: &Source, dialects: &[Dialect]) -> Result<(Vec<Field>, u64, usize), Error> {
    let last = dialects.len() - 1;
    let open = |dialect| csv::open(Box::new(source.chunks()), LIMITS, dialect);
    let (mut records, dialect) = match open(&dialects[0]) {
        // Only the data can say that it has no such header: a storage that fails says nothing of it.
        Err(Error::Invalid { .. }) if last > 0 => (open(&dialects[last])?, last),
        opened => (opened?, 0),
    };
    let customer = csv::customer_column(records.header())?;
    let mut rows = 0;
    while records.advance()? {
        let id = records.field(customer);
        customers::require(id.as_deref())
            .map_err(|message| Error::invalid(records.line(), message))?;
        rows += 1;
    }
    Ok((text_fields(records.header()), rows, dialect))
}

/// The fields of a file in which every column is text.
pub(super) fn text_fields(header: &[String]) -> Vec<Field> {
    let field = |name: &String| Field { name: name.clone(), r#type: FieldType::String };
    header.iter().map(field).collect()
}

/// The parts of a segment must have the same fields; their order may differ.
fn agree(known: &[Field], object: &Object, fields: &[Field]) -> Result<(), Error> {
    let stranger = fields.iter().find(|field| !known.contains(field));
    let missing = known.iter().find(|field| !fields.contains(field));
    match stranger.or(missing) {
        None => Ok(()),
        Some(field) => {
            let message = format!(
                "field {:?} differs from that of the first file; all must have the same fields",
                field.name
            );
            Err(Error::invalid(None, message).in_file(&object.path))
        }
    }
}

/// A file must have every field that the model promises, whatever types they have there.
fn has_all(fields: &[Field], object: &Object, promised: &[Field]) -> Result<(), Error> {
    let missing = promised.iter().find(|one| fields.iter().all(|field| field.name != one.name));
    missing.map_or(Ok(()), |field| {
        let message = format!("there is no column {:?}, which the model names", field.name);
        Err(Error::invalid(None, message).in_file(&object.path))
    })
}
