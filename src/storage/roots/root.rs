//! One storage root: its store, the addresses that lead into it, and what in it belongs to this service.

use std::sync::Arc;

use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, path::Path};
use uuid::Uuid;

use super::{
    super::{error::Error, manifest::Object},
    cloud::{self, ContainerAddress},
    folder::Folder,
    paths::{OWN_FOLDERS, path_of},
    probe::WriteProbe,
    settings::RootSettings,
};

/// A store, and the addresses that lead into it.
pub(in super::super) struct Root {
    pub(in super::super) name: String,
    pub(in super::super) store: Arc<dyn ObjectStore>,
    pub(super) backend: Backend,
    /// The paths from here to the folders of this service in the default root; empty when this root is inside one.
    pub(super) own_folders: Vec<Path>,
    pub(super) probe: WriteProbe,
    /// Whether this service may write files for others into it.
    pub(in super::super) is_writable: bool,
    instances: Option<Vec<Uuid>>,
}

/// The stores themselves may show credentials.
impl std::fmt::Debug for Root {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Root").field("name", &self.name).finish_non_exhaustive()
    }
}

pub(super) enum Backend {
    Folder(Folder),
    /// A folder of a container, by each of its addresses; the first is the configured one.
    Container(Vec<ContainerAddress>),
}

impl Root {
    pub(super) fn open(settings: &RootSettings) -> Result<Self, Error> {
        let (store, backend) = if settings.url.starts_with("file:") {
            let folder = Folder::open(&settings.url)?;
            (folder.store()?, Backend::Folder(folder))
        } else {
            let (store, addresses) = cloud::open(settings)?;
            (store, Backend::Container(addresses))
        };
        let (name, instances) = (settings.name.clone(), settings.instances.clone());
        let (probe, is_writable) = (WriteProbe::default(), settings.is_writable);
        Ok(Self { name, store, backend, own_folders: vec![], probe, is_writable, instances })
    }

    /// The paths from here to the folders of this service in the default root, where they overlap.
    pub(super) fn paths_to_own(&self, default: &Self) -> Vec<Path> {
        OWN_FOLDERS.iter().filter_map(|folder| self.path_to(default, folder)).collect()
    }

    fn path_to(&self, default: &Self, folder: &str) -> Option<Path> {
        match (&self.backend, &default.backend) {
            (Backend::Folder(ours), Backend::Folder(theirs)) => ours.path_to(theirs, folder),
            (Backend::Container(ours), Backend::Container(theirs)) => ours
                .iter()
                .flat_map(|ours| theirs.iter().map(move |theirs| ours.path_to(theirs, folder)))
                .find_map(|path| path),
            _ => None,
        }
    }

    /// Whether this service wrote what is at a path. It writes each object once, at a path of its own.
    pub(in super::super) fn is_own(&self, path: &Path) -> bool {
        let lower = |path: &Path| Path::from(path.as_ref().to_ascii_lowercase());
        self.own_folders.iter().any(|folder| lower(path).prefix_matches(&lower(folder)))
    }

    pub(super) fn allows(&self, instance: Uuid) -> bool {
        self.instances.as_ref().is_none_or(|instances| instances.contains(&instance))
    }

    /// The path below this root that an address means; `None` when it leads elsewhere.
    pub(in super::super) fn relative(&self, url: &str) -> Option<Path> {
        match &self.backend {
            Backend::Folder(folder) => folder.relative(url),
            Backend::Container(addresses) => {
                let target = ContainerAddress::parse(url)?;
                addresses.iter().find_map(|address| address.relative(&target))
            }
        }
    }

    /// Rejects a path that external data cannot have: links of a file system may point outside the root, and the
    /// folders of this service may be under this root too.
    pub(in super::super) fn require_external(&self, path: &Path) -> Result<(), Error> {
        let resolved = match &self.backend {
            Backend::Folder(folder) => folder.resolved(path),
            Backend::Container(_) => Some(path.clone()),
        };
        let message = match resolved {
            Some(_) if self.is_special(path) => "this is neither a file nor a folder",
            None => "this is a link to a place outside the storage root",
            Some(path) if self.is_own(&path) => {
                "this is an upload to this service, or another of its own files; choose a folder without them"
            }
            Some(_) => return Ok(()),
        };
        Err(Error::invalid(None, message).in_file(path.as_ref()))
    }

    fn is_special(&self, path: &Path) -> bool {
        matches!(&self.backend, Backend::Folder(folder) if folder.is_special(path))
    }

    /// Rejects a folder with a link that leads nowhere.
    pub(in super::super) async fn refuse_dangling(&self, at: &Path) -> Result<(), Error> {
        match &self.backend {
            Backend::Folder(folder) => folder.refuse_dangling(at).await,
            Backend::Container(_) => Ok(()),
        }
    }

    pub(in super::super) async fn check(&self, objects: &[Object]) -> Result<(), Error> {
        for object in objects {
            let path = path_of(&object.path);
            if self.is_special(&path) {
                return Err(Error::Changed { path: object.path.clone() });
            }
            let meta =
                self.store.head(&path).await.map_err(|cause| Error::of_pinned(&path, cause))?;
            if !self.is_same(object, &meta) {
                return Err(Error::Changed { path: object.path.clone() });
            }
        }
        Ok(())
    }

    /// An object of our own that was restored from a backup has another `ETag` and is the same.
    fn is_same(&self, object: &Object, meta: &ObjectMeta) -> bool {
        object.size == meta.size && (object.etag == meta.e_tag || self.is_own(&meta.location))
    }

    /// Why something under this root is missing or changed: perhaps the root itself is unavailable; and what this
    /// service wrote is never changed, it is lost.
    pub(in super::super) async fn explain(&self, error: Error) -> Error {
        // A root that is gone, or a link that leads nowhere, makes every path in it look wrong.
        let may_be_of_root =
            matches!(error, Error::NotFound { .. } | Error::Changed { .. } | Error::Invalid { .. });
        if may_be_of_root
            && let Backend::Folder(folder) = &self.backend
            && let Err(unavailable) = folder.check().await
        {
            return unavailable;
        }
        let (Error::NotFound { path } | Error::Changed { path }) = &error else { return error };
        if !self.is_own(&path_of(path)) {
            return error;
        }
        tracing::error!(root = self.name, path, "stored members are missing or incomplete");
        Error::Lost { path: path.clone() }
    }

    /// Fails when the default root is a folder that lacks the uploads it must have.
    pub(in super::super) async fn check_present(&self) -> Result<(), Error> {
        match &self.backend {
            Backend::Folder(folder) => folder.check().await,
            Backend::Container(_) => Ok(()),
        }
    }

    pub(in super::super) fn address(&self) -> String {
        match &self.backend {
            Backend::Folder(folder) => folder.to_string(),
            Backend::Container(addresses) => {
                addresses.first().map(ToString::to_string).unwrap_or_default()
            }
        }
    }
}
