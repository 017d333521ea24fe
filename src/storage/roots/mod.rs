//! The storage roots: opening them, finding files under them, removing what this service wrote.
//!
//! An administrator configures the roots; a segment names a file or folder under one of them. An address is only
//! compared with the addresses of the roots: no host, account or folder that is not configured is ever contacted.

mod cloud;
mod folder;
mod links;
mod paths;
mod probe;
mod root;
mod settings;
mod unfinished;

use std::{sync::Arc, time::Duration};

use object_store::{ObjectStoreExt, path::Path};
use tokio::time::timeout;
use uuid::Uuid;

use super::{error::Error, manifest::Manifest};
use paths::OWN_FOLDERS;
pub(crate) use paths::{BASELINES, UPLOADS};
pub(super) use paths::{has_parent_segment, path_of, require_short};
use root::Backend;
pub(super) use root::Root;
pub use settings::RootSettings;

/// How long a storage may take to answer a probe.
const PROBE_MAX: Duration = Duration::from_secs(5);

/// All storage roots; cheap to clone. The first is the default one, for uploads.
#[derive(Clone, Debug)]
pub struct Storage(Arc<[Root]>);

/// A file or folder under a root, outside the folders of this service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub(super) root: String,
    pub(super) path: Path,
}

impl std::fmt::Display for Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.path.fmt(formatter)
    }
}

impl Storage {
    /// Opens the roots, of which the first is the default one. Folders of `file:` addresses are created when they are
    /// missing; a cloud storage is not contacted yet.
    pub(crate) fn open(settings: &[RootSettings]) -> Result<Self, Error> {
        let mut roots = settings.iter().map(Root::open).collect::<Result<Vec<_>, _>>()?;
        let own: Vec<_> = roots.iter().map(|root| root.paths_to_own(&roots[0])).collect();
        for (root, folders) in roots.iter_mut().zip(own) {
            root.own_folders = folders;
        }
        Ok(Self(roots.into()))
    }

    /// The first one; uploads go there.
    pub(super) fn default_root(&self) -> &Root {
        &self.0[0]
    }

    /// A root by its name; it may no longer be in the settings.
    pub(super) fn root(&self, name: &str) -> Result<&Root, Error> {
        let found = self.0.iter().find(|root| root.name == name);
        found.ok_or_else(|| Error::NoSuchRoot { name: name.to_owned() })
    }

    /// Finds the file or folder that an address means, for a segment of an instance; [`Error::OutsideRoots`] when it is
    /// under no root.
    pub(crate) fn locate(&self, url: &str, instance: Uuid) -> Result<Location, Error> {
        require_short(url)?;
        let found = self.0.iter().filter_map(|root| Some((root, root.relative(url)?)));
        // Of nested roots the innermost counts: the one that leaves the shortest path.
        let found = found.min_by_key(|(_, path)| path.as_ref().len());
        let is_outside = has_parent_segment(url) || self.is_own(url);
        match found.filter(|(root, path)| root.allows(instance) && !is_root(path)) {
            Some((root, path)) if !is_outside => Ok(Location { root: root.name.clone(), path }),
            _ => Err(self.outside(instance)),
        }
    }

    /// Whether an address is in a folder of this service, by whichever root.
    fn is_own(&self, url: &str) -> bool {
        self.0.iter().any(|root| root.relative(url).is_some_and(|path| root.is_own(&path)))
    }

    fn outside(&self, instance: Uuid) -> Error {
        Error::OutsideRoots { roots: self.addresses(instance, |_| true) }
    }

    /// The addresses of those roots that are open to an instance and meant.
    pub(super) fn addresses(&self, instance: Uuid, is_meant: fn(&Root) -> bool) -> String {
        let open = self.0.iter().filter(|root| root.allows(instance) && is_meant(root));
        open.map(Root::address).collect::<Vec<_>>().join(", ")
    }

    /// Checks, with one cheap request each, whether every object of a manifest is still the pinned one;
    /// [`Error::Changed`] or [`Error::Lost`] names the first that is not.
    pub(crate) async fn check(&self, manifest: &Manifest) -> Result<(), Error> {
        let root = self.root(&manifest.root)?;
        let checked = root.check(&manifest.objects).await;
        if let Err(error) = checked { Err(root.explain(error).await) } else { Ok(()) }
    }

    /// Removes an object that this service wrote; one that is gone already is fine.
    pub(crate) async fn remove(&self, path: &str) -> Result<(), Error> {
        let path = path_of(path);
        let folder = path.parts().next();
        if folder.is_none_or(|folder| !OWN_FOLDERS.contains(&folder.as_ref())) {
            return Err(Error::unavailable(format!(
                "{path} was not written by this service, and only such objects are removed"
            )));
        }
        match self.default_root().store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(cause) => Err(Error::of_store(&path, cause)),
        }
    }

    /// The default root has uploads. If it is a folder without any, it counts as unavailable until they are there, and
    /// where they are expected is returned: its volume may not be mounted. A cloud storage cannot be mistaken so.
    pub(crate) fn expect_uploads(&self) -> Option<std::path::PathBuf> {
        match &self.default_root().backend {
            Backend::Folder(folder) => folder.expect(UPLOADS),
            Backend::Container(_) => None,
        }
    }

    /// Checks whether the default root can be read and written with our credentials.
    pub(crate) async fn probe(&self) -> Result<(), Error> {
        let root = self.default_root();
        match &root.backend {
            Backend::Folder(folder) => folder.probe().await,
            Backend::Container(_) => timeout(PROBE_MAX, root.probe.ask(root.store.as_ref()))
                .await
                .map_err(Error::unavailable)?,
        }
    }
}

fn is_root(path: &Path) -> bool {
    path.parts().next().is_none()
}
