//! A root in the storage of a cloud provider: Azure Blob Storage or Data Lake, Amazon S3, Google Cloud Storage.
//!
//! Credentials come as options under the names that the provider's own tools use, or from the machine: a workload or
//! managed identity, an instance role. The library chooses between them as those tools do.

use std::{fmt::Display, sync::Arc};

use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig,
    aws::AmazonS3Builder,
    azure::{AzureConfigKey, MicrosoftAzureBuilder},
    gcp::GoogleCloudStorageBuilder,
    path::Path,
    prefix::PrefixStore,
};
use secrecy::ExposeSecret;

use super::{super::error::Error, settings::RootSettings};

/// The address of a folder in a container; those of the files in it begin with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ContainerAddress {
    scheme: String,
    /// The container or bucket, with its account where the address names one.
    authority: String,
    folder: Path,
}

impl Display for ContainerAddress {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}://{}/{}", self.scheme, self.authority, self.folder)
    }
}

impl ContainerAddress {
    /// Parses an address literally: nothing is resolved; one that would need it is rejected.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.is_empty() || url.contains(['?', '#', '\\']) {
            return None;
        }
        let folder = Path::from_url_path(path).ok()?;
        Some(Self { scheme: scheme.to_ascii_lowercase(), authority: authority.to_owned(), folder })
    }

    /// The path from here to another address, if it is below.
    pub(super) fn relative(&self, target: &Self) -> Option<Path> {
        let is_below = self.scheme == target.scheme
            && self.authority.eq_ignore_ascii_case(&target.authority)
            && target.folder.prefix_matches(&self.folder);
        let parts = || target.folder.prefix_match(&self.folder).into_iter().flatten();
        is_below.then(|| parts().collect())
    }

    /// The path from here to a folder at another address, if it is below; empty when this is inside that folder.
    pub(super) fn path_to(&self, other: &Self, folder: &str) -> Option<Path> {
        let parts = other.folder.parts().chain([folder.into()]);
        let target = Self { folder: parts.collect(), ..other.clone() };
        if target.relative(self).is_some() {
            return Some(Path::default());
        }
        self.relative(&target)
    }
}

/// The store of a root, and each of its addresses.
pub(super) fn open(
    settings: &RootSettings,
) -> Result<(Arc<dyn ObjectStore>, Vec<ContainerAddress>), Error> {
    let base = ContainerAddress::parse(&settings.url).ok_or_else(|| unknown(&settings.url))?;
    let (store, more) = connect(&base, settings)?;
    let folder = base.folder.clone();
    Ok((Arc::new(PrefixStore::new(store, folder)), [vec![base], more].concat()))
}

/// Passes to a builder the options that it knows; the builders have no common trait.
macro_rules! build {
    ($builder:expr, $settings:expr) => {{
        let builder = $builder
            .with_url($settings.url.as_str())
            .with_client_options(client($settings))
            .with_retry(retry($settings));
        $settings.options.iter().fold(builder, |builder, (name, value)| {
            match name.to_ascii_lowercase().parse() {
                Ok(key) => builder.with_config(key, value.expose_secret()),
                Err(_) => builder,
            }
        })
    }};
}

fn connect(
    base: &ContainerAddress,
    settings: &RootSettings,
) -> Result<(Arc<dyn ObjectStore>, Vec<ContainerAddress>), Error> {
    let failed = |cause| Error::unavailable(cause);
    match base.scheme.as_str() {
        "az" | "abfs" | "abfss" => {
            let builder = build!(MicrosoftAzureBuilder::new(), settings);
            let addresses = azure_addresses(base, &builder);
            Ok((Arc::new(builder.build().map_err(failed)?), addresses))
        }
        "s3" => {
            let store = build!(AmazonS3Builder::new(), settings).build().map_err(failed)?;
            Ok((Arc::new(store), vec![]))
        }
        "gs" => {
            let store = build!(GoogleCloudStorageBuilder::new(), settings).build();
            Ok((Arc::new(store.map_err(failed)?), vec![]))
        }
        _ => Err(unknown(&settings.url)),
    }
}

fn unknown(url: &str) -> Error {
    Error::unavailable(format!(
        "{url} is not a valid address of a storage root; use file://, az://, abfss://, s3:// or gs://"
    ))
}

fn client(settings: &RootSettings) -> ClientOptions {
    ClientOptions::new().with_timeout(settings.timeout).with_connect_timeout(settings.timeout / 3)
}

fn retry(settings: &RootSettings) -> RetryConfig {
    let tries = u32::try_from(settings.retries).unwrap_or(u32::MAX).saturating_add(1);
    RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: settings.retries,
        retry_timeout: settings.timeout.saturating_mul(tries),
    }
}

/// The other addresses of a container on Azure; Customer Insights writes the `https` ones into its models.
fn azure_addresses(
    base: &ContainerAddress,
    builder: &MicrosoftAzureBuilder,
) -> Vec<ContainerAddress> {
    let (container, account) = match base.authority.split_once('@') {
        Some((container, host)) => (container, host.split('.').next().map(str::to_owned)),
        None => (&*base.authority, builder.get_config_value(&AzureConfigKey::AccountName)),
    };
    let endpoint = builder.get_config_value(&AzureConfigKey::Endpoint);
    let by_endpoint =
        endpoint.map(|endpoint| format!("{}/{container}", endpoint.trim_end_matches('/')));
    let by_account = account.into_iter().flat_map(|account| {
        [
            format!("abfss://{container}@{account}.dfs.core.windows.net"),
            format!("https://{account}.blob.core.windows.net/{container}"),
            format!("https://{account}.dfs.core.windows.net/{container}"),
        ]
    });
    let addresses =
        by_endpoint.into_iter().chain(by_account).map(|url| format!("{url}/{}", base.folder));
    addresses.filter_map(|address| ContainerAddress::parse_unencoded(&address)).collect()
}

impl ContainerAddress {
    /// Parses an address whose path is not percent-encoded.
    fn parse_unencoded(address: &str) -> Option<Self> {
        let (scheme, rest) = address.split_once("://")?;
        let (authority, path) = rest.split_once('/')?;
        let folder = Path::parse(path.trim_end_matches('/')).ok()?;
        Some(Self { scheme: scheme.to_owned(), authority: authority.to_owned(), folder })
    }
}

#[cfg(test)]
mod tests {
    use super::super::root::Root;
    use super::*;

    fn root(url: &str, options: &[(&str, &str)]) -> Root {
        let mut settings = RootSettings::default_at(url);
        let option = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).into());
        settings.options = options.iter().map(option).collect();
        Root::open(&settings).unwrap()
    }

    #[test]
    fn a_container_on_azure_is_known_by_all_of_its_addresses() {
        let account =
            [("AZURE_STORAGE_ACCOUNT_NAME", "lake"), ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")];
        let root = root("az://customerinsights/ci_1", &account);
        for url in [
            "az://customerinsights/ci_1/High%20value",
            "abfss://customerinsights@lake.dfs.core.windows.net/ci_1/High%20value/",
            "https://lake.blob.core.windows.net/customerinsights/ci_1/High%20value",
            "https://LAKE.dfs.core.windows.net/customerinsights/ci_1/High%20value",
        ] {
            assert_eq!(root.relative(url).unwrap().as_ref(), "High value", "{url}");
        }
    }

    #[test]
    fn an_address_outside_the_root_is_not_found() {
        let root = root(
            "s3://lake/segments",
            &[("aws_access_key_id", "a"), ("aws_secret_access_key", "b")],
        );
        for url in [
            "s3://lake",
            "s3://lake/segments2/x",
            "s3://lake/Segments/x",
            "s3://lake/segments/../other",
            "s3://lake/segments/%2e%2e/other",
            "s3://lake/segments/..%2Fother",
            "s3://lake/segments/x?versionId=1",
            "s3://other/segments/x",
            "s3://user:word@lake/segments/x",
            "s3://lake:80/segments/x",
            "gs://lake/segments/x",
            "http://169.254.169.254/segments/x",
            "file:///segments/x",
            "segments/x",
        ] {
            assert_eq!(root.relative(url), None, "{url}");
        }
    }

    #[test]
    fn the_uploads_of_one_root_are_known_by_every_root_around_them_and_in_them() {
        let address = |url: &str| ContainerAddress::parse(url).unwrap();
        let default = address("s3://lake/x/y");
        for (url, expected) in [
            ("s3://lake/", Some("x/y/uploads")),
            ("s3://lake/x", Some("y/uploads")),
            ("s3://lake/x/y", Some("uploads")),
            ("s3://lake/x/y/uploads/i", Some("")),
            ("s3://lake/x/z", None),
            ("s3://other/x", None),
        ] {
            let path = address(url).path_to(&default, "uploads");
            assert_eq!(path.as_ref().map(Path::as_ref), expected, "{url}");
        }
    }
}
