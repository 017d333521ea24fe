//! A first look at files that somebody else wrote: what is there, which fields, how many members.

use futures::TryStreamExt;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};

use super::{
    Error, Field, FieldType, Format, Inspection, Location, Manifest, Object, Storage,
    csv::{self, Records},
    customers, off_thread,
    pages::LIMITS,
    parquet,
    source::Source,
};

/// The most files in one segment.
const OBJECTS_MAX: usize = 10_000;

impl Storage {
    /// Looks at a file, or at all files in a folder and below it, in the order of their paths.
    ///
    /// CSV is read whole and checked strictly; of Parquet only the footers are read. Files whose names begin with `_`
    /// or `.` are notes of the writer's and left out; any other file must be of the format. That a `CustomerId` stands
    /// only once is not checked here, since the files are not ours to refuse row by row.
    pub async fn inspect(&self, at: &Location, format: Format) -> Result<Inspection, Error> {
        let found = self.find(at).await?;
        let mut inspection = Inspection {
            manifest: Manifest { format, objects: Vec::with_capacity(found.len()) },
            fields: Vec::new(),
        };
        for meta in found {
            require_name(&meta, format)?;
            let (object, fields) = self.look(meta, format).await?;
            agree(&mut inspection, &object, fields)?;
            inspection.manifest.objects.push(object);
        }
        Ok(inspection)
    }

    async fn find(&self, at: &Location) -> Result<Vec<ObjectMeta>, Error> {
        match self.store.head(&at.0).await {
            Ok(meta) => return Ok(vec![meta]),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(cause) => return Err(Error::unavailable(cause)),
        }
        let listing =
            self.store.list(Some(&at.0)).try_filter(|meta| std::future::ready(!is_note(meta)));
        let mut found = Vec::new();
        futures::pin_mut!(listing);
        while let Some(meta) = listing.try_next().await.map_err(Error::unavailable)? {
            found.push(meta);
            if found.len() > OBJECTS_MAX {
                return Err(Error::invalid(
                    None,
                    format!("{at} holds more than {OBJECTS_MAX} files"),
                ));
            }
        }
        found.sort_by(|one, other| one.location.cmp(&other.location));
        if found.is_empty() { Err(Error::NotFound { path: at.to_string() }) } else { Ok(found) }
    }

    async fn look(&self, meta: ObjectMeta, format: Format) -> Result<(Object, Vec<Field>), Error> {
        let mut object =
            Object { path: meta.location.to_string(), size: meta.size, etag: meta.e_tag, rows: 0 };
        let source = Source::new(self, &object);
        let seen = off_thread(move || match format {
            Format::Csv => look_at_csv(&source),
            Format::Parquet => parquet::look(source),
        });
        let (fields, rows) = seen.await.map_err(|error| error.in_file(&object.path))?;
        object.rows = rows;
        Ok((object, fields))
    }
}

fn is_note(meta: &ObjectMeta) -> bool {
    meta.location.filename().is_none_or(|name| name.starts_with(['_', '.']))
}

fn require_name(meta: &ObjectMeta, format: Format) -> Result<(), Error> {
    let wanted = match format {
        Format::Csv => "csv",
        Format::Parquet => "parquet",
    };
    if meta.location.extension().is_some_and(|found| found.eq_ignore_ascii_case(wanted)) {
        return Ok(());
    }
    let message = format!(
        "the name does not end in .{wanted}; keep the files of a segment in a folder of their own"
    );
    Err(Error::invalid(None, message).in_file(meta.location.as_ref()))
}

fn look_at_csv(source: &Source) -> Result<(Vec<Field>, u64), Error> {
    let mut records = Records::open(source.chunks(), LIMITS)?;
    let customer = csv::customer_column(records.header())?;
    let mut rows = 0;
    while records.advance()? {
        let id = records.field(customer);
        customers::require(id.as_deref())
            .map_err(|message| Error::invalid(records.line(), message))?;
        rows += 1;
    }
    Ok((text_fields(records.header()), rows))
}

/// The fields of a file in which every column is text.
pub(super) fn text_fields(header: &[String]) -> Vec<Field> {
    let field = |name: &String| Field { name: name.clone(), r#type: FieldType::String };
    header.iter().map(field).collect()
}

/// The parts of a segment must have the same fields; their order may differ.
fn agree(inspection: &mut Inspection, object: &Object, fields: Vec<Field>) -> Result<(), Error> {
    if inspection.manifest.objects.is_empty() {
        inspection.fields = fields;
        return Ok(());
    }
    let known = &inspection.fields;
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
