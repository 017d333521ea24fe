//! Settings of the storage roots and data sources that hold members, with their credentials.

use std::time::Duration;

use anyhow::{Context, ensure};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::storage::{DEFAULT_ROOT, DataSourceSettings, RootSettings};

/// Prefixes of the environment variables that hold the credentials of cloud platforms.
const PLATFORMS: [&str; 3] = ["AZURE_", "AWS_", "GOOGLE_"];

const ROW_LOG_KEY_BYTES_MIN: usize = 32;

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct StorageArgs {
    /// The default storage root, which keeps uploads: `file://FOLDER`, `az://`, `abfss://`, `s3://` or `gs://`.
    #[arg(long, env = "SEGMENT_EXPORT_STORAGE_URL", default_value = "file://data/segments")]
    pub storage_url: String,
    /// Further storage roots that segments may be read from: `name=url`, separated by blanks.
    #[arg(long, env = "SEGMENT_EXPORT_STORAGE_ROOTS", default_value = "")]
    pub storage_roots: String,
    /// Options of a storage root: `root.option=value`, separated by blanks, such as
    /// `lake.azure_storage_sas_token=…`. The first root is `default`. Options that are unset come from
    /// `AZURE_…`, `AWS_…`, `GOOGLE_…`.
    #[arg(long, env = "SEGMENT_EXPORT_STORAGE_OPTIONS", hide_env_values = true)]
    pub storage_options: Option<SecretString>,
    /// Databases whose tables may be segments: `name=postgres://…`, separated by blanks.
    #[arg(long, env = "SEGMENT_EXPORT_SQL_SOURCES", hide_env_values = true)]
    pub sql_sources: Option<SecretString>,
    /// Instances whose segments may use a storage root: `root=instance,instance`, or `root=*` for all, separated by
    /// blanks. A root that is not named is closed, except to uploads, and with `--dev`.
    #[arg(long, env = "SEGMENT_EXPORT_STORAGE_INSTANCES", default_value = "")]
    pub storage_instances: String,
    /// Instances whose segments may use a data source: `name=instance,instance`, or `name=*` for all, separated by
    /// blanks. A data source that is not named is closed, except with `--dev`.
    #[arg(long, env = "SEGMENT_EXPORT_SQL_INSTANCES", default_value = "")]
    pub sql_instances: String,
    /// Storage roots that this service may write row logs into: their names, separated by blanks. The first root is
    /// `default`. Without it none, with `--dev` all.
    #[arg(long, env = "SEGMENT_EXPORT_STORAGE_WRITABLE", default_value = "")]
    pub storage_writable: String,
    /// The key of the hashes of addresses in row logs: 32 random bytes or more, base64. Without it rows have no hash.
    #[arg(long, env = "SEGMENT_EXPORT_ROW_LOG_KEY", hide_env_values = true)]
    pub row_log_key: Option<SecretString>,
    /// How long a data source may work on one statement: a view that sorts takes longest for its first rows.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_SQL_TIMEOUT_MS",
        default_value_t = 300_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub sql_timeout_ms: u64,
    /// How long one request to a storage may take.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_STORAGE_TIMEOUT_MS",
        default_value_t = 30_000,
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub storage_timeout_ms: u64,
    /// Retries of a failed request to a storage before the run is postponed.
    #[arg(long, env = "SEGMENT_EXPORT_STORAGE_RETRIES", default_value_t = 4)]
    pub storage_retries: usize,
    /// Whether what is not named is open to all instances.
    #[arg(skip)]
    is_open: bool,
}

impl StorageArgs {
    /// A development token may do everything anyway.
    pub(super) fn fill_in_for_development(&mut self) {
        self.is_open = true;
    }

    /// The key of the hashes in row logs. Refuses one that is found out by trying.
    pub fn row_log_key(&self) -> anyhow::Result<Option<Vec<u8>>> {
        let Some(key) = &self.row_log_key else { return Ok(None) };
        let bytes = BASE64_STANDARD.decode(key.expose_secret().trim()).unwrap_or_default();
        ensure!(
            bytes.len() >= ROW_LOG_KEY_BYTES_MIN,
            "SEGMENT_EXPORT_ROW_LOG_KEY must be base64 of 32 bytes or more; make one with `openssl rand -base64 32`"
        );
        Ok(Some(bytes))
    }

    /// Who may use what is not named: `None` for all instances.
    fn unnamed(&self) -> Option<Vec<Uuid>> {
        (!self.is_open).then(Vec::new)
    }

    /// The default root comes first. Refuses duplicate names, and options of unknown roots.
    pub fn roots(&self) -> anyhow::Result<Vec<RootSettings>> {
        let mut roots = vec![self.root(DEFAULT_ROOT, &self.storage_url)?];
        for entry in self.storage_roots.split_whitespace() {
            let (name, url) = entry
                .split_once('=')
                .context("SEGMENT_EXPORT_STORAGE_ROOTS is written name=url, separated by blanks")?;
            ensure!(
                !name.is_empty() && roots.iter().all(|root| root.name != name),
                "SEGMENT_EXPORT_STORAGE_ROOTS names a root {name:?}: names are needed, and each once"
            );
            roots.push(self.root(name, url)?);
        }
        self.add_options(&mut roots)?;
        for (name, instances) in restrictions("STORAGE_INSTANCES", &self.storage_instances)? {
            let root = roots.iter_mut().find(|root| root.name == name);
            let root = root.with_context(|| unknown("STORAGE_INSTANCES", &name))?;
            root.instances = instances;
        }
        for name in self.storage_writable.split_whitespace() {
            let root = roots.iter_mut().find(|root| root.name == name);
            root.with_context(|| unknown("STORAGE_WRITABLE", name))?.is_writable = true;
        }
        Ok(roots)
    }

    /// Refuses entries without a name or a `postgres` address.
    pub fn data_sources(&self) -> anyhow::Result<Vec<DataSourceSettings>> {
        let all = self.sql_sources.as_ref().map_or("", |sources| sources.expose_secret());
        let parse = |entry: &str| {
            let (name, url) = entry
                .split_once('=')
                .filter(|(name, url)| !name.is_empty() && url.starts_with("postgres"))
                .context(
                    "SEGMENT_EXPORT_SQL_SOURCES is written name=postgres://…, separated by blanks",
                )?;
            let timeout = Duration::from_millis(self.sql_timeout_ms);
            let instances = self.unnamed();
            Ok(DataSourceSettings { name: name.into(), url: url.into(), timeout, instances })
        };
        let mut sources = all
            .split_whitespace()
            .map(parse)
            .collect::<anyhow::Result<Vec<DataSourceSettings>>>()?;
        for (name, instances) in restrictions("SQL_INSTANCES", &self.sql_instances)? {
            let source = sources.iter_mut().find(|source| source.name == name);
            let source = source.with_context(|| unknown("SQL_INSTANCES", &name))?;
            source.instances = instances;
        }
        Ok(sources)
    }

    fn root(&self, name: &str, url: &str) -> anyhow::Result<RootSettings> {
        Ok(RootSettings {
            name: name.to_owned(),
            url: absolute(url)?,
            options: platform_options(),
            timeout: Duration::from_millis(self.storage_timeout_ms),
            retries: self.storage_retries,
            instances: self.unnamed(),
            is_writable: self.is_open && self.storage_writable.is_empty(),
        })
    }

    fn add_options(&self, roots: &mut [RootSettings]) -> anyhow::Result<()> {
        let all = self.storage_options.as_ref().map_or("", |options| options.expose_secret());
        for entry in all.split_whitespace() {
            let parts = entry.split_once('=');
            let parts = parts.and_then(|(name, value)| Some((name.split_once('.')?, value)));
            let ((root, option), value) = parts.context(
                "SEGMENT_EXPORT_STORAGE_OPTIONS is written root.option=value, separated by blanks",
            )?;
            let root = roots.iter_mut().find(|known| known.name == root).with_context(|| {
                format!(
                    "SEGMENT_EXPORT_STORAGE_OPTIONS names a root {root:?}, which is not configured"
                )
            })?;
            root.options.push((option.to_owned(), value.into()));
        }
        Ok(())
    }
}

/// A root or data source, and the instances that it is open to; `None` for all.
type Restriction = (String, Option<Vec<Uuid>>);

fn restrictions(setting: &str, all: &str) -> anyhow::Result<Vec<Restriction>> {
    let parse = |entry: &str| {
        let (name, instances) = entry.split_once('=')?;
        if instances == "*" {
            return Some((name.to_owned(), None));
        }
        let instances = instances.split(',').map(|instance| instance.parse().ok());
        Some((name.to_owned(), Some(instances.collect::<Option<_>>()?)))
    };
    let parsed: Option<_> = all.split_whitespace().map(parse).collect();
    parsed.with_context(|| {
        format!("SEGMENT_EXPORT_{setting} is written name=instance,instance or name=*, separated by blanks")
    })
}

fn unknown(setting: &str, name: &str) -> String {
    format!("SEGMENT_EXPORT_{setting} names {name:?}, which is not configured")
}

/// `file://data/segments` means a folder below the current one, as it reads.
fn absolute(url: &str) -> anyhow::Result<String> {
    let Some(path) = url.strip_prefix("file://") else {
        return Ok(url.to_owned());
    };
    let url = url::Url::from_directory_path(std::path::absolute(path)?);
    Ok(url.map_err(|()| anyhow::anyhow!("a storage root names no folder"))?.into())
}

/// Credentials of the platform from the environment of the process.
fn platform_options() -> Vec<(String, SecretString)> {
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let is_platform = PLATFORMS.iter().any(|platform| name.starts_with(platform));
        // On Azure App Service the address of the managed identity has no prefix.
        let is_ours = is_platform || name == "IDENTITY_ENDPOINT";
        is_ours.then_some((name, value.into_string().ok()?.into()))
    });
    variables.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(roots: &str, options: &str) -> StorageArgs {
        StorageArgs {
            storage_url: "file:///var/segments".into(),
            storage_roots: roots.into(),
            storage_options: Some(options.into()),
            sql_sources: None,
            sql_timeout_ms: 1,
            storage_instances: String::new(),
            storage_writable: String::new(),
            row_log_key: None,
            sql_instances: String::new(),
            storage_timeout_ms: 1,
            storage_retries: 0,
            is_open: false,
        }
    }

    fn roots(named: &str, options: &str) -> anyhow::Result<Vec<RootSettings>> {
        args(named, options).roots()
    }

    #[test]
    fn each_root_has_its_own_options() {
        let options = "lake.azure_storage_sas_token=sv=1&sig=a%3D\n default.timeout=5s";
        let roots = roots("lake=az://ci/a  files=file:///mnt/crm", options).unwrap();
        let names: Vec<_> = roots.iter().map(|root| root.name.as_str()).collect();
        assert_eq!(names, ["default", "lake", "files"]);
        let (name, value) = roots[1].options.last().unwrap();
        assert_eq!(
            (name.as_str(), value.expose_secret()),
            ("azure_storage_sas_token", "sv=1&sig=a%3D")
        );
    }

    #[test]
    fn a_root_and_a_data_source_are_closed_unless_instances_are_named_or_all() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut args = args("lake=az://ci/a files=file:///mnt/crm all=file:///mnt/all", "");
        args.storage_instances = format!("all=* lake={one},{other}");
        args.sql_sources = Some("crm=postgres://a/b erp=postgres://c/d".into());
        args.sql_instances = format!("erp={one}");
        let instances: Vec<_> =
            args.roots().unwrap().into_iter().map(|root| root.instances).collect();
        assert_eq!(instances, [Some(vec![]), Some(vec![one, other]), Some(vec![]), None]);
        let sources = args.data_sources().unwrap();
        assert_eq!(
            (&sources[0].instances, &sources[1].instances),
            (&Some(vec![]), &Some(vec![one]))
        );
        args.fill_in_for_development();
        assert_eq!(
            (&args.roots().unwrap()[0].instances, &args.roots().unwrap()[1].instances),
            (&None, &Some(vec![one, other]))
        );

        args.storage_instances = format!("lakes={one}");
        let message = args.roots().unwrap_err().to_string();
        assert!(message.contains("\"lakes\", which is not configured"), "{message}");
        args.sql_instances = "erp=everybody".into();
        let message = args.data_sources().unwrap_err().to_string();
        assert!(message.contains("name=instance,instance"), "{message}");
    }

    #[test]
    fn a_root_is_written_into_only_where_its_name_says_so() {
        let mut args = args("lake=az://ci/a", "");
        let writable = |args: &StorageArgs| -> Vec<bool> {
            args.roots().unwrap().iter().map(|root| root.is_writable).collect()
        };
        assert_eq!(writable(&args), [false, false]);
        args.storage_writable = "lake".into();
        assert_eq!(writable(&args), [false, true]);
        args.fill_in_for_development();
        assert_eq!(writable(&args), [false, true], "what is named counts");
        args.storage_writable = String::new();
        assert_eq!(writable(&args), [true, true]);
        args.storage_writable = "lakes".into();
        let message = args.roots().unwrap_err().to_string();
        assert!(message.contains("STORAGE_WRITABLE names \"lakes\""), "{message}");
    }

    #[test]
    fn a_key_of_hashes_that_is_short_or_no_base64_is_refused_without_showing_it() {
        let mut args = args("", "");
        assert!(args.row_log_key().unwrap().is_none());
        for wrong in ["c2hvcnQ=", "not base64"] {
            args.row_log_key = Some(wrong.into());
            let message = args.row_log_key().unwrap_err().to_string();
            assert!(message.contains("openssl rand") && !message.contains(wrong), "{message}");
        }
        args.row_log_key = Some(BASE64_STANDARD.encode([1; 32]).into());
        assert_eq!(args.row_log_key().unwrap(), Some(vec![1; 32]));
    }

    #[test]
    fn settings_that_cannot_be_meant_are_refused_without_their_values() {
        for (named, options, expected) in [
            ("lake", "", "name=url"),
            ("default=file:///x", "", "each once"),
            ("a=file:///x a=file:///y", "", "each once"),
            ("", "lake.key=secret", "\"lake\", which is not configured"),
            ("", "secret", "root.option=value"),
        ] {
            let message = roots(named, options).unwrap_err().to_string();
            assert!(message.contains(expected) && !message.contains("secret"), "{message}");
        }
    }
}
