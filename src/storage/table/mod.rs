//! Members that are rows of a table or view in somebody else's `PostgreSQL`.
//!
//! They are copied, as one snapshot, into a Parquet file among the uploads, and runs read that: a snapshot of a database
//! ends with its connection, and a run that goes on after a crash must read the same rows as before.

mod kinds;
mod store;

use std::{collections::BTreeMap, time::Duration};

use arrow_array::{RecordBatch, StringArray, cast::AsArray};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::sync::mpsc;

use super::{
    CUSTOMER_ID, Error, Field, Inspection, ReceiveLimits, Storage,
    customers::Customers,
    off_thread,
    receive::writer::{Taken, Writer},
    text,
};
use store::Column;

/// Connections to one data source; each copy takes one.
const CONNECTIONS: u32 = 4;
/// How long to wait for a connection.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Batches of rows that wait to be written.
const AHEAD: usize = 2;

/// A table or view, and the data source it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    /// The name of a configured data source.
    pub data_source: String,
    /// The schema it is in.
    pub schema: String,
    /// Its name; case matters.
    pub table: String,
}

/// The data sources that an administrator named.
#[derive(Clone, Debug)]
pub struct Tables(BTreeMap<String, PgPool>);

impl Tables {
    /// Knows these sources, `name` and `postgres://…`; connects when one is asked for.
    pub fn open(sources: &[(String, SecretString)]) -> Result<Self, Error> {
        let open = |(name, url): &(String, SecretString)| {
            let pool = PgPoolOptions::new()
                .max_connections(CONNECTIONS)
                .acquire_timeout(WAIT_MAX)
                .connect_lazy(url.expose_secret())
                .map_err(Error::unavailable)?;
            Ok((name.clone(), pool))
        };
        Ok(Self(sources.iter().map(open).collect::<Result<_, _>>()?))
    }

    fn pool(&self, name: &str) -> Result<&PgPool, Error> {
        self.0.get(name).ok_or_else(|| Error::NoSuchSource { name: name.to_owned() })
    }
}

impl Storage {
    /// Copies the rows of a table, all of one moment, to a fresh path under `uploads/{scope}/`.
    ///
    /// Refuses columns that are nested or binary by name, and rows without a `CustomerId` of their own.
    pub async fn copy_table(
        &self,
        tables: &Tables,
        scope: &str,
        name: &TableName,
        limits: &ReceiveLimits,
    ) -> Result<Inspection, Error> {
        let mut snapshot = store::begin(tables.pool(&name.data_source)?).await?;
        let columns = store::columns(&mut snapshot, name).await?;
        require(&columns, name, limits)?;
        store::select(&mut snapshot, name, &columns).await?;
        let (sender, receiver) = mpsc::channel(AHEAD);
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let writing = {
            let (names, limits) = (names.clone(), limits.clone());
            off_thread(move || write(&names, receiver, &limits))
        };
        let reading = async {
            while let Some(batch) = store::fetch(&mut snapshot, &names).await? {
                // Whoever writes has refused a row, and says so.
                if sender.send(batch).await.is_err() {
                    break;
                }
            }
            drop(sender);
            Ok(())
        };
        let (taken, read): (_, Result<(), Error>) = futures::join!(writing, reading);
        read?;
        let field = |column: Column| Field { name: column.name, r#type: column.field_type };
        let mut taken = taken?;
        taken.fields = columns.into_iter().map(field).collect();
        self.keep(scope, taken).await
    }
}

fn require(columns: &[Column], name: &TableName, limits: &ReceiveLimits) -> Result<(), Error> {
    let refuse = |message: String| {
        let TableName { data_source, schema, table } = name;
        Err(Error::invalid(None, format!("{data_source}, {schema}.{table}: {message}")))
    };
    if columns.is_empty() {
        return refuse("there is no such table or view, or this service may not see it".into());
    }
    if columns.len() > limits.fields_max {
        return refuse(format!("there are more than {} columns", limits.fields_max));
    }
    if !columns.iter().any(|column| column.name == CUSTOMER_ID) {
        return refuse(format!("there is no column {CUSTOMER_ID}, which every segment must have"));
    }
    Ok(())
}

fn write(
    names: &[String],
    mut batches: mpsc::Receiver<RecordBatch>,
    limits: &ReceiveLimits,
) -> Result<Taken, Error> {
    let mut customers = Customers::default();
    let mut writer = Writer::new(text::schema(names), limits)?;
    while let Some(batch) = batches.blocking_recv() {
        let ids: &StringArray = batch[CUSTOMER_ID].as_string();
        for id in ids {
            customers.admit(id).map_err(|message| Error::invalid(None, message))?;
        }
        writer.write(&batch)?;
    }
    writer.finish()
}
