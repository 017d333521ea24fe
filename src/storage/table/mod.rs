//! Members that are rows of a table or view in somebody else's `PostgreSQL`.
//!
//! They are copied, as one snapshot, into a Parquet file among the uploads, and runs read that: a snapshot of a database
//! ends with its connection, and a run that goes on after a crash must read the same rows as before.

mod kinds;
mod store;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use arrow_array::{RecordBatch, StringArray, cast::AsArray};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;
use tokio::{
    sync::{Semaphore, mpsc},
    time::timeout,
};
use uuid::Uuid;

use super::{
    CUSTOMER_ID, Error, Field, Inspection, ReceiveLimits, Storage,
    customers::Customers,
    off_thread,
    receive::writer::{Taken, Writer},
    text,
};
use store::{CONNECT_MAX, Column, Snapshot};

/// Copies of one data source at a time.
const COPIES: usize = 4;
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

/// What an administrator says about a data source.
#[derive(Clone, Debug)]
pub struct SourceSettings {
    /// A name of its own.
    pub name: String,
    /// `postgres://…`
    pub url: SecretString,
    /// How long it may work on one statement.
    pub timeout: Duration,
    /// The instances whose segments may be its tables; all when there is nothing said.
    pub instances: Option<Vec<Uuid>>,
}

/// The data sources that an administrator named.
#[derive(Clone, Debug)]
pub struct Tables(BTreeMap<String, DataSource>);

/// A data source.
#[derive(Clone, Debug)]
pub struct DataSource {
    options: PgConnectOptions,
    timeout: Duration,
    instances: Option<Vec<Uuid>>,
    room: Arc<Semaphore>,
}

impl Tables {
    /// Knows these sources; connects when one is asked for.
    pub fn open(sources: &[SourceSettings]) -> Result<Self, Error> {
        let open = |source: &SourceSettings| {
            let options: Result<PgConnectOptions, _> = source.url.expose_secret().parse();
            let opened = DataSource {
                options: options.map_err(Error::unavailable)?,
                timeout: source.timeout,
                instances: source.instances.clone(),
                room: Arc::new(Semaphore::new(COPIES)),
            };
            Ok((source.name.clone(), opened))
        };
        Ok(Self(sources.iter().map(open).collect::<Result<_, _>>()?))
    }

    /// The source of that name, if segments of the instance may be its tables.
    pub fn source(&self, name: &str, instance: Uuid) -> Result<&DataSource, Error> {
        let is_open = |source: &&DataSource| {
            source.instances.as_ref().is_none_or(|instances| instances.contains(&instance))
        };
        let found = self.0.get(name).filter(is_open);
        found.ok_or_else(|| Error::NoSuchSource { name: name.to_owned() })
    }
}

impl Storage {
    /// Copies the rows of a table, all of one moment, to a fresh path under `uploads/{scope}/`.
    ///
    /// Refuses columns that are nested or binary by name, and rows without a `CustomerId` of their own.
    pub async fn copy_table(
        &self,
        source: &DataSource,
        scope: &str,
        name: &TableName,
        limits: &ReceiveLimits,
    ) -> Result<Inspection, Error> {
        let room = timeout(CONNECT_MAX, source.room.acquire()).await;
        let _room = room.map_err(Error::unavailable)?.map_err(Error::unavailable)?;
        let mut snapshot = Snapshot::begin(&source.options, source.timeout).await?;
        let columns = snapshot.columns(name).await?;
        require(&columns, name, limits)?;
        snapshot.select(name, &columns, limits.row_bytes_max).await?;
        let (sender, receiver) = mpsc::channel(AHEAD);
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let writing = {
            let (names, limits) = (names.clone(), limits.clone());
            off_thread(move || write(&names, receiver, &limits))
        };
        let reading = async move { snapshot.send_rows(&names, limits, &sender).await };
        let (taken, read) = futures::join!(writing, reading);
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
    // The rows of a table have no places.
    let mut customers = Customers::new(|_, message| Error::invalid(None, message));
    let mut writer = Writer::new(text::schema(names), limits)?;
    while let Some(batch) = batches.blocking_recv() {
        let ids: &StringArray = batch[CUSTOMER_ID].as_string();
        for id in ids {
            customers.admit(id, 0)?;
        }
        writer.write(&batch)?;
    }
    customers.finish()?;
    writer.finish()
}
