//! SQL of the tables of others, on `PostgreSQL` only. Identifiers are quoted, and checked against the catalogue first.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, builder::StringBuilder};
use sqlx::{AssertSqlSafe, PgPool, Postgres, Row, Transaction, postgres::PgRow};

use super::{
    super::{Error, FieldType, text},
    TableName,
    kinds::{as_text, field_type, quoted},
};

/// A column that is taken.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) field_type: FieldType,
    kind: String,
}

/// Begins a transaction that only reads, and sees one moment however long it takes.
pub(super) async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>, Error> {
    let begun = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await;
    begun.map_err(failed)
}

/// The columns of a table or view; none when it is not there. Refuses the first that is nested or binary.
pub(super) async fn columns(
    snapshot: &mut Transaction<'static, Postgres>,
    name: &TableName,
) -> Result<Vec<Column>, Error> {
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
    .fetch_all(&mut **snapshot)
    .await
    .map_err(failed)?;
    rows.iter().map(column).collect()
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

/// Opens the cursor of the rows.
pub(super) async fn select(
    snapshot: &mut Transaction<'static, Postgres>,
    name: &TableName,
    columns: &[Column],
) -> Result<(), Error> {
    let values = columns.iter().map(|column| as_text(&quoted(&column.name), &column.kind));
    let values = values.collect::<Vec<_>>().join(", ");
    let (schema, table) = (quoted(&name.schema), quoted(&name.table));
    let select =
        format!("DECLARE members NO SCROLL CURSOR FOR SELECT {values} FROM {schema}.{table}");
    let opened =
        sqlx::query(AssertSqlSafe(select)).persistent(false).execute(&mut **snapshot).await;
    opened.map(drop).map_err(failed)
}

/// The next rows; `None` after the last.
pub(super) async fn fetch(
    snapshot: &mut Transaction<'static, Postgres>,
    names: &[String],
) -> Result<Option<RecordBatch>, Error> {
    // Not kept: the next cursor of this connection may have other columns.
    let fetch = sqlx::query("FETCH FORWARD 4096 FROM members").persistent(false);
    let rows = fetch.fetch_all(&mut **snapshot).await.map_err(failed)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let values = (0..names.len()).map(|index| values(&rows, index));
    let values = values.collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(text::schema(names), values).map(Some).map_err(Error::unavailable)
}

fn values(rows: &[PgRow], index: usize) -> Result<ArrayRef, Error> {
    let mut values = StringBuilder::with_capacity(rows.len(), 16 * rows.len());
    for row in rows {
        let value: Option<&str> = row.try_get(index).map_err(failed)?;
        values.append_option(value.filter(|value| !value.is_empty()));
    }
    Ok(Arc::new(values.finish()))
}

/// Of `PostgreSQL`'s errors those that say that the server or the way to it is at fault: connection, resources,
/// operator, system, internal.
const AWAY: [&str; 5] = ["08", "53", "57", "58", "XX"];

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
