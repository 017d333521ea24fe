//! Finds rows of people in the objects that this service wrote, and writes members once more without these rows.
//!
//! Every text column is searched, because a member may name a person in any of them. All people are sought in one pass.

use std::sync::Arc;

use ::parquet::arrow::ProjectionMask;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::{DataType, SchemaRef};
use arrow_select::filter::filter_record_batch;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, path::Path};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    blocking::run_blocking,
    error::Error,
    field::CUSTOMER_ID,
    limits::{FIELDS_MAX, ROW_BYTES_MAX, ReceiveLimits},
    manifest::{Manifest, Object},
    parquet::{self, Batches},
    pinned::PinnedObject,
    receive::writer::{MembersFile, Writer},
    roots::{Storage, UPLOADS, path_of},
    text,
    windows::Windows,
};

/// Columns that are read side by side.
const WINDOWS: usize = 16;

/// Gathers the id of a row of somebody who is sought, and another text of the same row.
type SeeText<T> = fn(&mut T, &str, &str);

/// Whether a value names somebody who is sought. The second argument says whether it is a `CustomerId`.
pub(crate) type IsSought = Arc<dyn Fn(&str, bool) -> bool + Send + Sync>;

/// An object in a folder of this service.
#[derive(Clone, Debug)]
pub(crate) struct StoredObject {
    /// Relative to the default root.
    pub(crate) path: String,
    size: u64,
    /// By the clock of the storage.
    pub(crate) written: DateTime<Utc>,
}

impl StoredObject {
    fn of(meta: &ObjectMeta) -> Self {
        Self { path: meta.location.to_string(), size: meta.size, written: meta.last_modified }
    }

    /// The folder that it is in: of an upload its segment, of a baseline its export.
    pub(crate) fn owner(&self) -> Option<Uuid> {
        self.path.split('/').nth(2)?.parse().ok()
    }
}

impl Storage {
    /// Every object in a folder of this service that belongs to an instance.
    pub(crate) async fn objects_of(
        &self,
        folder: &str,
        instance: Uuid,
    ) -> Result<Vec<StoredObject>, Error> {
        self.default_root().check_present().await?;
        let folder = Path::from(format!("{folder}/{instance}"));
        let listed =
            self.default_root().store.list(Some(&folder)).map_ok(|meta| StoredObject::of(&meta));
        let all: Vec<_> =
            listed.try_collect().await.map_err(|cause| Error::of_store(&folder, cause))?;
        Ok(all.into_iter().filter(|object| object.path.ends_with(".parquet")).collect())
    }

    /// Whether an object is still there.
    pub(crate) async fn has(&self, object: &StoredObject) -> Result<bool, Error> {
        let path = path_of(&object.path);
        match self.default_root().store.head(&path).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(cause) => Err(Error::of_store(&path, cause)),
        }
    }

    /// How many rows of an object name somebody who is sought; none of one that is gone.
    pub(crate) async fn count_sought(
        &self,
        object: &StoredObject,
        is_sought: &IsSought,
    ) -> Result<u64, Error> {
        let (cancelled, is_sought) = (CancellationToken::new(), is_sought.clone());
        let pinned = self.pin(object, &cancelled);
        let _guard = cancelled.drop_guard();
        let counted = run_blocking(move || parquet::catch_panics(|| count(pinned, &is_sought)));
        match counted.await {
            Err(Error::NotFound { .. } | Error::Changed { .. }) => Ok(0),
            counted => counted,
        }
    }

    /// What `see` makes of the rows with the `CustomerId` of somebody who is sought; of an object that is gone,
    /// nothing.
    pub(crate) async fn texts_of_sought<T: Default + Send + 'static>(
        &self,
        object: &StoredObject,
        is_sought: &IsSought,
        see: SeeText<T>,
    ) -> Result<T, Error> {
        let (cancelled, is_sought) = (CancellationToken::new(), is_sought.clone());
        let pinned = self.pin(object, &cancelled);
        let _guard = cancelled.drop_guard();
        let seen = run_blocking(move || {
            parquet::catch_panics(|| {
                let mut all = T::default();
                each_batch(pinned, |batch| {
                    see_texts(batch, &is_sought, |id, text| see(&mut all, id, text))
                })?;
                Ok(all)
            })
        });
        match seen.await {
            Err(Error::NotFound { .. } | Error::Changed { .. }) => Ok(T::default()),
            seen => seen,
        }
    }

    /// Writes the members of an upload to a new object, without the rows of those who are sought; it is in the same
    /// folder. Nothing is written when nobody is left.
    pub(crate) async fn without_sought(
        &self,
        object: &StoredObject,
        is_sought: &IsSought,
    ) -> Result<Manifest, Error> {
        let (cancelled, is_sought) = (CancellationToken::new(), is_sought.clone());
        let pinned = self.pin(object, &cancelled);
        let _guard = cancelled.drop_guard();
        let written = run_blocking(move || parquet::catch_panics(|| rewrite(pinned, &is_sought)));
        let members = written.await?;
        if members.is_empty() {
            return Ok(Manifest::empty());
        }
        let folder = object.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let scope = folder.strip_prefix(UPLOADS).unwrap_or(folder).trim_start_matches('/');
        Ok(self.store(scope, members).await?.manifest)
    }

    fn pin(&self, object: &StoredObject, cancelled: &CancellationToken) -> PinnedObject {
        let (path, size) = (object.path.clone(), object.size);
        let pinned = Object { path, size, etag: None, rows: 0, dialect: 0 };
        PinnedObject::new(self.default_root(), &pinned).until(cancelled.clone())
    }
}

fn count(pinned: PinnedObject, is_sought: &IsSought) -> Result<u64, Error> {
    let mut found = 0;
    each_batch(pinned, |batch| {
        let sought = sought_rows(batch, is_sought)?;
        found += sought.iter().filter(|is_sought| **is_sought).count() as u64;
        Ok(())
    })?;
    Ok(found)
}

/// Reads the columns of texts.
fn each_batch(
    pinned: PinnedObject,
    mut see: impl FnMut(&RecordBatch) -> Result<(), Error>,
) -> Result<(), Error> {
    let windows = Windows::stored(pinned, WINDOWS);
    let file = parquet::open(&windows, FIELDS_MAX)?;
    let texts: Vec<usize> = (0..file.schema().fields().len())
        .filter(|column| is_text(file.schema().field(*column).data_type()))
        .collect();
    let mask = ProjectionMask::roots(file.parquet_schema(), texts);
    for batch in Batches::open(&file, &windows, mask)? {
        see(&batch?)?;
    }
    Ok(())
}

/// Shows the id and each other text of the rows with a `CustomerId` that is sought.
fn see_texts(
    batch: &RecordBatch,
    is_sought: &IsSought,
    mut see: impl FnMut(&str, &str),
) -> Result<(), Error> {
    let columns = text_columns(batch)?;
    let (ids, others): (Vec<_>, Vec<_>) = columns.iter().partition(|(is_id, _)| *is_id);
    for (_, ids) in ids {
        for (row, id) in ids.as_string::<i32>().iter().enumerate() {
            let Some(id) = id.filter(|id| is_sought(id, true)) else { continue };
            let texts = others.iter().map(|(_, texts)| texts.as_string::<i32>());
            let texts = texts.filter(|texts| texts.is_valid(row));
            texts.for_each(|texts| see(id, texts.value(row)));
        }
    }
    Ok(())
}

fn rewrite(pinned: PinnedObject, is_sought: &IsSought) -> Result<MembersFile, Error> {
    let windows = Windows::stored(pinned, WINDOWS);
    let file = parquet::open(&windows, FIELDS_MAX)?;
    let schema = Arc::clone(file.schema());
    let mut writer = Writer::new(Arc::clone(&schema), &LIMITS)?;
    for batch in Batches::open(&file, &windows, ProjectionMask::all())? {
        let batch = batch?;
        let stays = sought_rows(&batch, is_sought)?.into_iter().map(|is_sought| !is_sought);
        let stays = BooleanArray::from(stays.collect::<Vec<_>>());
        let batch = as_stored(&schema, &batch)?;
        writer.write(&filter_record_batch(&batch, &stays).map_err(Error::unavailable)?)?;
    }
    writer.finish()
}

/// What was stored within the limits of its time stays, whatever they are now.
const LIMITS: ReceiveLimits = ReceiveLimits {
    bytes_max: u64::MAX,
    rows_max: u64::MAX,
    fields_max: FIELDS_MAX,
    row_bytes_max: ROW_BYTES_MAX,
    stored_bytes_max: u64::MAX,
    may_be_empty: true,
};

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Of each row, whether one of its texts names somebody who is sought.
fn sought_rows(batch: &RecordBatch, is_sought: &IsSought) -> Result<Vec<bool>, Error> {
    let mut rows = vec![false; batch.num_rows()];
    for (is_id, texts) in text_columns(batch)? {
        for (row, value) in rows.iter_mut().zip(texts.as_string::<i32>()) {
            *row = *row || value.is_some_and(|value| is_sought(value, is_id));
        }
    }
    Ok(rows)
}

/// The columns of texts, each with whether these are `CustomerId`s.
fn text_columns(batch: &RecordBatch) -> Result<Vec<(bool, ArrayRef)>, Error> {
    let columns = batch.columns().iter().zip(batch.schema_ref().fields());
    let texts = columns.filter(|(_, field)| is_text(field.data_type()));
    let text = |(column, field): (&ArrayRef, &Arc<arrow_schema::Field>)| {
        let failed = |cause| Error::of_values(field.name(), field.data_type(), cause);
        let is_id = field.name().eq_ignore_ascii_case(CUSTOMER_ID);
        Ok((is_id, text::of(column).map_err(failed)?))
    };
    texts.map(text).collect()
}

/// A batch in the types of its file: it is read in others.
fn as_stored(schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch, Error> {
    let column = |(column, field): (&ArrayRef, &Arc<arrow_schema::Field>)| {
        let failed = |cause| Error::of_values(field.name(), column.data_type(), cause);
        text::exactly(column, field.data_type()).map_err(failed)
    };
    let columns = batch.columns().iter().zip(schema.fields()).map(column);
    let columns = columns.collect::<Result<Vec<ArrayRef>, _>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(Error::unavailable)
}
