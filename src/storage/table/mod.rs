//! Members that are rows of a table or view in an external `PostgreSQL`.
//!
//! They are copied, as one snapshot, into a Parquet file among the uploads, and runs read that: a snapshot of a
//! database ends with its connection, and a run that resumes after a crash must read the same rows as before.

mod name;
mod store;
mod store_types;

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
    blocking::run_blocking,
    customer_ids::CustomerIds,
    error::Error,
    field::{CUSTOMER_ID, Field},
    limits::ReceiveLimits,
    manifest::Inspection,
    receive::writer::{MembersFile, Writer},
    roots::Storage,
    text,
};
pub(crate) use name::TableName;
use store::{CONNECT_MAX, Column, Found, Snapshot};

/// How many copies from one data source are made at the same time.
const CONCURRENT_COPIES: usize = 4;
/// How many batches of rows are read ahead of the writer.
const BATCHES_AHEAD: usize = 2;

/// Where the tables of a data source are, and which instances may read them.
#[derive(Clone, Debug)]
pub struct DataSourceSettings {
    /// Unique among the data sources.
    pub(crate) name: String,
    /// `postgres://…`
    pub(crate) url: SecretString,
    /// How long one statement may take.
    pub(crate) timeout: Duration,
    /// The instances whose segments may use its tables; `None` for all.
    pub(crate) instances: Option<Vec<Uuid>>,
}

/// The configured data sources, by name.
#[derive(Clone, Debug)]
pub struct Tables(BTreeMap<String, DataSource>);

/// A configured `PostgreSQL`.
#[derive(Clone, Debug)]
pub(crate) struct DataSource {
    options: PgConnectOptions,
    timeout: Duration,
    instances: Option<Vec<Uuid>>,
    copies: Arc<Semaphore>,
}

impl Tables {
    /// Connects only when a table is copied.
    pub(crate) fn open(settings: &[DataSourceSettings]) -> Result<Self, Error> {
        let open = |source: &DataSourceSettings| {
            let options: Result<PgConnectOptions, _> = source.url.expose_secret().parse();
            let opened = DataSource {
                // A pooler such as PgBouncer rejects this parameter; the snapshot sets it.
                options: options.map_err(Error::unavailable)?.extra_float_digits(None::<i8>),
                timeout: source.timeout,
                instances: source.instances.clone(),
                copies: Arc::new(Semaphore::new(CONCURRENT_COPIES)),
            };
            Ok((source.name.clone(), opened))
        };
        Ok(Self(settings.iter().map(open).collect::<Result<_, _>>()?))
    }

    /// The data source of that name, if segments of the instance may use its tables.
    pub(crate) fn source(&self, name: &str, instance: Uuid) -> Result<&DataSource, Error> {
        let is_allowed = |source: &&DataSource| {
            source.instances.as_ref().is_none_or(|instances| instances.contains(&instance))
        };
        let found = self.0.get(name).filter(is_allowed);
        found.ok_or_else(|| Error::NoSuchSource { name: name.to_owned() })
    }
}

impl Storage {
    /// Copies the rows of a table, all of one moment, to a fresh path under `uploads/{scope}/`.
    ///
    /// Columns that are nested or binary stay where they are. Rejects rows without a unique `CustomerId`.
    pub(crate) async fn copy_table(
        &self,
        source: &DataSource,
        scope: &str,
        name: &TableName,
        limits: &ReceiveLimits,
    ) -> Result<Inspection, Error> {
        let failed = |error: Error| error.of_source(&name.data_source);
        let permit = timeout(CONNECT_MAX, source.copies.acquire()).await;
        let _permit = permit.map_err(Error::unavailable)?.map_err(Error::unavailable)?;
        let snapshot = Snapshot::begin(&source.options, source.timeout).await;
        let mut snapshot = snapshot.map_err(failed)?;
        let found = snapshot.columns(name).await.map_err(failed)?;
        let fields: Vec<Field> = found.iter().map(Found::field).collect();
        let columns: Vec<Column> = found.into_iter().filter_map(Found::readable).collect();
        require(&columns, name, limits)?;
        snapshot.select(name, &columns, limits.row_bytes_max).await.map_err(failed)?;
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let writing = {
            let (names, limits) = (names.clone(), limits.clone());
            run_blocking(move || write(&names, receiver, &limits))
        };
        let reading = async move { snapshot.send_rows(&names, limits, &sender).await };
        let (members, read) = futures::join!(writing, reading);
        read.map_err(failed)?;
        let mut members = members?;
        members.fields = fields;
        self.store(scope, members).await
    }
}

fn require(columns: &[Column], name: &TableName, limits: &ReceiveLimits) -> Result<(), Error> {
    let invalid = |message: String| {
        let TableName { data_source, schema, table } = name;
        Err(Error::invalid(None, format!("{data_source}, {schema}.{table}: {message}")))
    };
    if columns.is_empty() {
        return invalid("the table or view was not found, or this service may not read it".into());
    }
    if columns.len() > limits.fields_max {
        return invalid(format!("there are more than {} columns", limits.fields_max));
    }
    if !columns.iter().any(|column| column.name == CUSTOMER_ID) {
        return invalid(format!("there is no column {CUSTOMER_ID}; every segment must have one"));
    }
    Ok(())
}

fn write(
    names: &[String],
    mut batches: mpsc::Receiver<RecordBatch>,
    limits: &ReceiveLimits,
) -> Result<MembersFile, Error> {
    // The rows of a table have no order, so no positions.
    let mut customer_ids = CustomerIds::new(|_, message| Error::invalid(None, message), None);
    let mut writer = Writer::new(text::schema(names), limits)?;
    while let Some(batch) = batches.blocking_recv() {
        let ids: &StringArray = batch[CUSTOMER_ID].as_string();
        for id in ids {
            customer_ids.add(id, 0)?;
        }
        writer.write(&batch)?;
    }
    customer_ids.finish()?;
    writer.finish()
}
