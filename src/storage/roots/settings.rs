//! The settings of a storage root.

use std::time::Duration;

use secrecy::SecretString;
use uuid::Uuid;

/// The settings of a storage root.
#[derive(Clone, Debug)]
pub struct RootSettings {
    /// Unique among the roots; manifests name it, so a root may move.
    pub(crate) name: String,
    /// `file://…`, `az://…`, `abfss://…`, `s3://…` or `gs://…`.
    pub(crate) url: String,
    /// Options of the platform, such as `azure_storage_account_key`; unknown ones are ignored.
    pub(crate) options: Vec<(String, SecretString)>,
    /// How long one request may take.
    pub(crate) timeout: Duration,
    /// How often a failed request is repeated.
    pub(crate) retries: usize,
    /// The instances whose segments may use this root; `None` for all.
    pub(crate) instances: Option<Vec<Uuid>>,
    /// Whether this service may write files for others into it.
    pub(crate) is_writable: bool,
}

impl RootSettings {
    /// The default root at an address, without options.
    #[cfg(test)]
    pub(crate) fn default_at(url: &str) -> Self {
        Self {
            name: crate::storage::DEFAULT_ROOT.into(),
            url: url.into(),
            options: vec![],
            timeout: Duration::from_secs(30),
            retries: 4,
            instances: None,
            is_writable: false,
        }
    }
}
