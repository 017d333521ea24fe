//! SQL for external tables, on `PostgreSQL` only. Identifiers are quoted, and checked against the catalogue first.

use std::{sync::Arc, time::Duration};

use arrow_array::{ArrayRef, RecordBatch, builder::StringBuilder};
use arrow_schema::SchemaRef;
use futures::TryStreamExt;
use sqlx::{
    AssertSqlSafe, Connection, Executor, Row,
    postgres::{PgConnectOptions, PgConnection, PgRow},
};
use tokio::{sync::mpsc, time::timeout};

use super::{
    super::{
        error::Error,
        field::{Field, FieldType},
        limits::{PAGE_BYTES, ReceiveLimits},
        text,
    },
    name::TableName,
    store_types::{field_type, quoted, rows_as_text},
};

/// How long to wait until a connection is open, or closed.
pub(super) const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long to wait for a lock: a migration may hold it for hours, and the run can retry.
const LOCK_MAX: Duration = Duration::from_secs(10);
/// How much longer than the time-out of the server to wait for its answer.
const GRACE: Duration = Duration::from_secs(5);
const BATCH_ROWS: usize = 4096;

pub(super) struct Column {
    pub(super) name: String,
    pub(super) field_type: FieldType,
    type_name: String,
}

/// What a column of a table turns out to be.
pub(super) enum Found {
    Readable(Column),
    /// Nested, or bytes.
    Unreadable(Field),
}

impl Found {
    pub(super) fn field(&self) -> Field {
        match self {
            Self::Readable(column) => Field::new(&column.name, column.field_type),
            Self::Unreadable(field) => field.clone(),
        }
    }

    pub(super) fn readable(self) -> Option<Column> {
        match self {
            Self::Readable(column) => Some(column),
            Self::Unreadable(_) => None,
        }
    }
}

/// A read-only transaction that sees one moment however long it takes. Each statement has a time-out, there and here: a
/// connection that is cut looks like one whose server is busy.
///
/// It has its own connection, which ends with it: one in the middle of a cursor cannot be reused.
pub(super) struct Snapshot {
    connection: PgConnection,
    statement_max: Duration,
}

impl Snapshot {
    /// `statement_max` is the time-out of the server for each statement.
    pub(super) async fn begin(
        options: &PgConnectOptions,
        statement_max: Duration,
    ) -> Result<Self, Error> {
        let connection = with_timeout(CONNECT_MAX, PgConnection::connect_with(options)).await?;
        let mut snapshot = Self { connection, statement_max: statement_max + GRACE };
        // LOCAL works behind a pooler too, where no statement has a name: another client may use it. The cursor is
        // planned for all rows, not for the first ones soon.
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {};
             SET LOCAL lock_timeout = {}; SET LOCAL cursor_tuple_fraction = 1; SET LOCAL extra_float_digits = 2",
            statement_max.as_millis(),
            statement_max.min(LOCK_MAX).as_millis()
        );
        let begin = snapshot.connection.execute(sqlx::raw_sql(AssertSqlSafe(begin)));
        with_timeout(snapshot.statement_max, begin).await?;
        Ok(snapshot)
    }

    /// The columns of a table or view; none when it does not exist.
    pub(super) async fn columns(&mut self, name: &TableName) -> Result<Vec<Found>, Error> {
        let rows = sqlx::query(
            "SELECT a.attname::text, COALESCE(base.typname, t.typname)::text, t.typcategory::text
             FROM pg_attribute a
                 JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                 JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type base ON base.oid = t.typbasetype
             WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
                 AND a.attnum > 0 AND NOT a.attisdropped
             ORDER BY a.attnum",
        )
        .bind(&name.schema)
        .bind(&name.table)
        .persistent(false)
        .fetch_all(&mut self.connection);
        with_timeout(self.statement_max, rows).await?.iter().map(column).collect()
    }

    /// Opens the cursor. A row that exceeds the limit is rejected without being sent.
    pub(super) async fn select(
        &mut self,
        name: &TableName,
        columns: &[Column],
        row_bytes_max: usize,
    ) -> Result<(), Error> {
        let table = format!("{}.{}", quoted(&name.schema), quoted(&name.table));
        let columns = columns.iter().map(|Column { name, type_name, field_type }| {
            (name.as_str(), type_name.as_str(), *field_type)
        });
        let rows = rows_as_text(columns, &table, row_bytes_max);
        let select = format!("DECLARE members NO SCROLL CURSOR FOR {rows}");
        let opening =
            sqlx::query(AssertSqlSafe(select)).persistent(false).execute(&mut self.connection);
        with_timeout(self.statement_max, opening).await.map(drop)
    }

    /// Sends all rows in batches, until the receiver is gone.
    pub(super) async fn send_rows(
        mut self,
        names: &[String],
        limits: &ReceiveLimits,
        batches: &mpsc::Sender<RecordBatch>,
    ) -> Result<(), Error> {
        let mut batch = BatchBuilder::new(names, limits);
        loop {
            // Not prepared: the cursor may have other columns each time.
            let fetch = sqlx::query("FETCH FORWARD 4096 FROM members").persistent(false);
            let mut rows = fetch.fetch(&mut self.connection);
            let mut is_end = true;
            while let Some(row) = with_timeout(self.statement_max, rows.try_next()).await? {
                is_end = false;
                batch.push(&row)?;
                // The writer may have rejected a row; it reports the error.
                if batch.is_full() && batches.send(batch.finish()?).await.is_err() {
                    return Ok(());
                }
            }
            drop(rows);
            if is_end {
                break;
            }
        }
        if batch.rows > 0 {
            let _ = batches.send(batch.finish()?).await;
        }
        // All rows have arrived; an error here matters only to the log of the server.
        let _ = with_timeout(CONNECT_MAX, self.connection.close()).await;
        Ok(())
    }
}

async fn with_timeout<T>(
    timeout_after: Duration,
    statement: impl Future<Output = sqlx::Result<T>>,
) -> Result<T, Error> {
    match timeout(timeout_after, statement).await {
        Ok(answer) => answer.map_err(failed),
        Err(elapsed) => Err(Error::unavailable(elapsed)),
    }
}

fn column(row: &PgRow) -> Result<Found, Error> {
    let part = |index: usize| row.try_get::<String, _>(index).map_err(failed);
    let (name, type_name, category) = (part(0)?, part(1)?, part(2)?);
    if let Some(field_type) = field_type(&type_name, &category) {
        return Ok(Found::Readable(Column { name, field_type, type_name }));
    }
    let why = format!("its type {type_name} cannot be read as text");
    Ok(Found::Unreadable(Field::unmappable(name, why)))
}

/// Collects rows until they are a batch.
struct BatchBuilder<'a> {
    schema: SchemaRef,
    limits: &'a ReceiveLimits,
    columns: Vec<StringBuilder>,
    rows: usize,
    bytes: usize,
    /// Of the values in all batches so far.
    total_bytes: u64,
}

impl<'a> BatchBuilder<'a> {
    fn new(names: &[String], limits: &'a ReceiveLimits) -> Self {
        let columns = names.iter().map(|_| StringBuilder::new()).collect();
        Self { schema: text::schema(names), limits, columns, rows: 0, bytes: 0, total_bytes: 0 }
    }

    fn push(&mut self, row: &PgRow) -> Result<(), Error> {
        let length: i64 = row.try_get(self.columns.len()).map_err(failed)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > self.limits.row_bytes_max {
            let message = format!("a row is longer than {} bytes", self.limits.row_bytes_max);
            return Err(Error::invalid(None, message));
        }
        for (index, column) in self.columns.iter_mut().enumerate() {
            let value: Option<&str> = row.try_get(index).map_err(failed)?;
            column.append_option(value.filter(|value| !value.is_empty()));
        }
        self.rows += 1;
        self.bytes += length;
        self.total_bytes += length as u64;
        if self.total_bytes > self.limits.bytes_max {
            return Err(Error::TooLarge { limit_bytes: self.limits.bytes_max });
        }
        Ok(())
    }

    const fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS || self.bytes >= PAGE_BYTES
    }

    fn finish(&mut self) -> Result<RecordBatch, Error> {
        (self.rows, self.bytes) = (0, 0);
        let columns = self.columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef);
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns.collect());
        batch.map_err(Error::unavailable)
    }
}

/// The errors of `PostgreSQL` that may pass by themselves: of connection, resources, operator, system, internal; a
/// conflict with another transaction, and a lock or a transaction that took too long.
const TRANSIENT: [&str; 9] = ["08", "40", "53", "57", "58", "XX", "25P03", "25P04", "55P03"];

/// The words of the data source may quote values, so only the code is reported.
fn failed(cause: sqlx::Error) -> Error {
    let code = match cause.as_database_error() {
        Some(error) => error.code().unwrap_or_default().into_owned(),
        None => return Error::unavailable(cause),
    };
    if code.starts_with("28") || code == "42501" {
        return Error::Refused(cause.into());
    }
    if TRANSIENT.iter().any(|class| code.starts_with(class)) {
        return Error::unavailable(cause);
    }
    Error::invalid(
        None,
        format!(
            "the data source could not read the table (SQLSTATE {code}); check that the table or view can be read"
        ),
    )
}
