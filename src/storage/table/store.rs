//! SQL of the tables of others, on `PostgreSQL` only. Identifiers are quoted, and checked against the catalogue first.

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
    super::{Error, FieldType, PAGE_BYTES, ReceiveLimits, text},
    TableName,
    kinds::{as_fitting_text, field_type, quoted},
};

/// How long to wait for a connection, and for its end.
pub(super) const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long to wait for a lock: whoever alters a table may hold it for hours, and the run can come back.
const LOCK_MAX: Duration = Duration::from_secs(10);
/// How much longer than the server's own bound to wait for its word.
const GRACE: Duration = Duration::from_secs(5);
/// The most rows of a batch.
const BATCH_ROWS: usize = 4096;

/// A column that is taken.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) field_type: FieldType,
    kind: String,
}

/// A transaction that only reads, and sees one moment however long it takes. Each wait for the server is bounded, there
/// and here: a connection that was cut off in silence looks like one that works.
///
/// It has a connection of its own, which ends with it: one that was left in the middle is good for nobody else.
pub(super) struct Snapshot {
    connection: PgConnection,
    patience: Duration,
}

impl Snapshot {
    /// Begins; the server may work on each statement for as long as `patience`.
    pub(super) async fn begin(
        options: &PgConnectOptions,
        patience: Duration,
    ) -> Result<Self, Error> {
        let connection = within(CONNECT_MAX, PgConnection::connect_with(options)).await?;
        let mut snapshot = Self { connection, patience: patience + GRACE };
        // Locally, so that it holds behind a pooler too. All rows are wanted, not the first ones soon.
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {};
             SET LOCAL lock_timeout = {}; SET LOCAL cursor_tuple_fraction = 1",
            patience.as_millis(),
            patience.min(LOCK_MAX).as_millis()
        );
        let begin = snapshot.connection.execute(sqlx::raw_sql(AssertSqlSafe(begin)));
        within(snapshot.patience, begin).await?;
        Ok(snapshot)
    }

    /// The columns of a table or view; none when it is not there. Refuses the first that is nested or binary.
    pub(super) async fn columns(&mut self, name: &TableName) -> Result<Vec<Column>, Error> {
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
        .fetch_all(&mut self.connection);
        within(self.patience, rows).await?.iter().map(column).collect()
    }

    /// Opens the cursor of the rows. A text that alone is longer than a row may be comes as another that is too long, so
    /// that it is refused without being sent.
    pub(super) async fn select(
        &mut self,
        name: &TableName,
        columns: &[Column],
        row_bytes_max: usize,
    ) -> Result<(), Error> {
        let value = |Column { name, kind, field_type }: &Column| {
            as_fitting_text(&quoted(name), kind, *field_type, row_bytes_max)
        };
        let values = columns.iter().map(value).collect::<Vec<_>>().join(", ");
        let (schema, table) = (quoted(&name.schema), quoted(&name.table));
        let select =
            format!("DECLARE members NO SCROLL CURSOR FOR SELECT {values} FROM {schema}.{table}");
        let opening =
            sqlx::query(AssertSqlSafe(select)).persistent(false).execute(&mut self.connection);
        within(self.patience, opening).await.map(drop)
    }

    /// Sends all rows, in batches, as long as somebody takes them.
    pub(super) async fn send_rows(
        mut self,
        names: &[String],
        limits: &ReceiveLimits,
        batches: &mpsc::Sender<RecordBatch>,
    ) -> Result<(), Error> {
        let mut gathered = Gathered::new(names, limits);
        loop {
            // Not kept: the next cursor of this connection may have other columns.
            let fetch = sqlx::query("FETCH FORWARD 4096 FROM members").persistent(false);
            let mut rows = fetch.fetch(&mut self.connection);
            let mut is_end = true;
            while let Some(row) = within(self.patience, rows.try_next()).await? {
                is_end = false;
                gathered.push(&row)?;
                // Whoever writes may have refused a row, and says so.
                if gathered.is_full() && batches.send(gathered.batch()?).await.is_err() {
                    return Ok(());
                }
            }
            drop(rows);
            if is_end {
                break;
            }
        }
        if gathered.rows > 0 {
            let _ = batches.send(gathered.batch()?).await;
        }
        // All rows are here; how the connection ends matters to the server's log only.
        let _ = within(CONNECT_MAX, self.connection.close()).await;
        Ok(())
    }
}

/// What is asked of the server, as long as its answer may take.
async fn within<T>(
    most: Duration,
    asked: impl Future<Output = sqlx::Result<T>>,
) -> Result<T, Error> {
    match timeout(most, asked).await {
        Ok(answer) => answer.map_err(failed),
        Err(late) => Err(Error::unavailable(late)),
    }
}

fn column(row: &PgRow) -> Result<Column, Error> {
    let part = |index: usize| row.try_get::<String, _>(index).map_err(failed);
    let (name, kind, category) = (part(0)?, part(1)?, part(2)?);
    let field_type = field_type(&kind, &category).ok_or_else(|| not_flat(&name))?;
    Ok(Column { name, field_type, kind })
}

fn not_flat(name: &str) -> Error {
    let message = format!(
        "column {name:?} is nested or binary; only text, numbers, booleans, dates and times are taken"
    );
    Error::invalid(None, message)
}

/// Rows that wait until they are a batch.
struct Gathered<'a> {
    schema: SchemaRef,
    limits: &'a ReceiveLimits,
    columns: Vec<StringBuilder>,
    rows: usize,
    bytes: usize,
    /// Of all batches.
    total_bytes: u64,
}

impl<'a> Gathered<'a> {
    fn new(names: &[String], limits: &'a ReceiveLimits) -> Self {
        let columns = names.iter().map(|_| StringBuilder::new()).collect();
        Self { schema: text::schema(names), limits, columns, rows: 0, bytes: 0, total_bytes: 0 }
    }

    fn push(&mut self, row: &PgRow) -> Result<(), Error> {
        let mut length = 0;
        for (index, column) in self.columns.iter_mut().enumerate() {
            let value: Option<&str> = row.try_get(index).map_err(failed)?;
            length += value.map_or(0, str::len);
            column.append_option(value.filter(|value| !value.is_empty()));
        }
        if length > self.limits.row_bytes_max {
            let message = format!("a row is longer than {} bytes", self.limits.row_bytes_max);
            return Err(Error::invalid(None, message));
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

    fn batch(&mut self) -> Result<RecordBatch, Error> {
        (self.rows, self.bytes) = (0, 0);
        let columns = self.columns.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef);
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns.collect());
        batch.map_err(Error::unavailable)
    }
}

/// Of `PostgreSQL`'s errors those that may pass by themselves: of connection, resources, operator, system, internal;
/// a conflict with another transaction, and a lock or a transaction that took too long.
const AWAY: [&str; 9] = ["08", "40", "53", "57", "58", "XX", "25P03", "25P04", "55P03"];

/// What the data source said. Its words may quote values, so only the code is told.
fn failed(cause: sqlx::Error) -> Error {
    let code = match cause.as_database_error() {
        Some(said) => said.code().unwrap_or_default().into_owned(),
        None => return Error::unavailable(cause),
    };
    if code.starts_with("28") || code == "42501" {
        return Error::Refused(cause.into());
    }
    if AWAY.iter().any(|class| code.starts_with(class)) {
        return Error::unavailable(cause);
    }
    Error::invalid(None, format!("the data source cannot read the table (SQLSTATE {code})"))
}
