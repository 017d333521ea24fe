//! The roots under which members lie: opening them, finding places under them, keeping them tidy.
//!
//! An administrator names the roots; whoever registers a segment names a place under one of them. An address is only
//! compared with the addresses of the roots: no host, account or folder that is not configured is ever asked.

mod cloud;
mod folder;

use std::{sync::Arc, time::Duration};

use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, path::Path};
use secrecy::SecretString;
use uuid::Uuid;

use super::{Error, Manifest, Object};
use cloud::Base;
use folder::Folder;

/// The folder of the default root that belongs to this program; nobody else may name places in it.
pub(super) const UPLOADS: &str = "uploads";
/// The name of the root where uploads are kept.
pub const DEFAULT_ROOT: &str = "default";

/// How long a storage may take to say that it is there.
const PROBE_MAX: Duration = Duration::from_secs(5);

/// What an administrator says about a root.
#[derive(Clone, Debug)]
pub struct RootSettings {
    /// A name of its own; manifests keep it, so a root may move.
    pub name: String,
    /// `file://…`, `az://…`, `abfss://…`, `s3://…` or `gs://…`.
    pub url: String,
    /// Options of the platform, such as `azure_storage_account_key`; those that are not known are passed over.
    pub options: Vec<(String, SecretString)>,
    /// How long one request may take.
    pub timeout: Duration,
    /// How often a request that failed is tried again.
    pub retries: usize,
    /// The instances whose segments may lie there; all when there is nothing said.
    pub instances: Option<Vec<Uuid>>,
}

impl RootSettings {
    /// The default root at an address, without options.
    #[must_use]
    pub fn default_at(url: &str) -> Self {
        Self {
            name: DEFAULT_ROOT.into(),
            url: url.into(),
            options: vec![],
            timeout: Duration::from_secs(30),
            retries: 4,
            instances: None,
        }
    }
}

/// The storages in which members lie; cheap to clone. The first root is the default one, where uploads are kept.
#[derive(Clone, Debug)]
pub struct Storage(Arc<[Root]>);

/// A storage, and the addresses that lead into it.
pub(super) struct Root {
    pub(super) name: String,
    pub(super) store: Arc<dyn ObjectStore>,
    ground: Ground,
    /// Where the uploads lie from here, which belong to this program; empty when the root lies among them.
    uploads: Option<Path>,
    instances: Option<Vec<Uuid>>,
}

/// The stores themselves may show credentials.
impl std::fmt::Debug for Root {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Root").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a root stands on.
enum Ground {
    Folder(Folder),
    /// A folder of a container, with every way to write its address; the first is the configured one.
    Container(Vec<Base>),
}

/// A file or folder under a root, outside the uploads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    pub(super) root: String,
    pub(super) path: Path,
}

impl std::fmt::Display for Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.path.fmt(formatter)
    }
}

impl Root {
    fn open(settings: &RootSettings) -> Result<Self, Error> {
        let (store, ground) = if settings.url.starts_with("file:") {
            let folder = Folder::open(&settings.url)?;
            (folder.store()?, Ground::Folder(folder))
        } else {
            let (store, bases) = cloud::open(settings)?;
            (store, Ground::Container(bases))
        };
        let (name, instances) = (settings.name.clone(), settings.instances.clone());
        Ok(Self { name, store, ground, uploads: None, instances })
    }

    /// Where the uploads of the default root lie from here.
    fn place_of_uploads(&self, default: &Self) -> Option<Path> {
        match (&self.ground, &default.ground) {
            (Ground::Folder(ours), Ground::Folder(theirs)) => ours.place_of(theirs, UPLOADS),
            (Ground::Container(ours), Ground::Container(theirs)) => ours
                .iter()
                .flat_map(|ours| theirs.iter().map(move |theirs| ours.place_of(theirs, UPLOADS)))
                .find_map(|place| place),
            _ => None,
        }
    }

    /// Whether a path leads among the uploads. Those are written once, each at a path of its own.
    pub(super) fn is_upload(&self, path: &Path) -> bool {
        let lower = |path: &Path| Path::from(path.as_ref().to_ascii_lowercase());
        self.uploads.as_ref().is_some_and(|uploads| lower(path).prefix_matches(&lower(uploads)))
    }

    fn is_open_to(&self, instance: Uuid) -> bool {
        self.instances.as_ref().is_none_or(|instances| instances.contains(&instance))
    }

    /// The path below this root that an address means; `None` when it leads elsewhere.
    pub(super) fn relative(&self, url: &str) -> Option<Path> {
        match &self.ground {
            Ground::Folder(folder) => folder.relative(url),
            Ground::Container(bases) => {
                let place = Base::parse(url)?;
                bases.iter().find_map(|base| base.relative(&place))
            }
        }
    }

    /// Refuses a path below which somebody else's members cannot lie: links of a file system may lead out of the root,
    /// and the uploads may lie under another one.
    pub(super) fn admit(&self, path: &Path) -> Result<(), Error> {
        let resolved = match &self.ground {
            Ground::Folder(folder) => folder.resolved(path),
            Ground::Container(_) => Some(path.clone()),
        };
        let message = match resolved {
            None => "this is a link that leads out of the storage root",
            Some(path) if self.is_upload(&path) => {
                "this is an upload to this service; name a folder without its uploads"
            }
            Some(_) => return Ok(()),
        };
        Err(Error::invalid(None, message).in_file(path.as_ref()))
    }

    async fn check(&self, objects: &[Object]) -> Result<(), Error> {
        for object in objects {
            let path = path_of(&object.path);
            let meta =
                self.store.head(&path).await.map_err(|cause| Error::of_pinned(&path, cause))?;
            if !self.is_same(object, &meta) {
                return Err(Error::Changed { path: object.path.clone() });
            }
        }
        Ok(())
    }

    /// Whether an object is still the one that was looked at. An upload that was copied away and back, as backups are,
    /// has another `ETag` and is the same.
    fn is_same(&self, object: &Object, meta: &ObjectMeta) -> bool {
        object.size == meta.size && (object.etag == meta.e_tag || self.is_upload(&meta.location))
    }

    /// What it means that something under this root is not there, or not what it was: nothing while the root itself is
    /// away, and of an upload, that it is lost.
    pub(super) async fn explain(&self, error: Error) -> Error {
        let (Error::NotFound { path } | Error::Changed { path }) = &error else { return error };
        if let Ground::Folder(folder) = &self.ground
            && let Err(away) = folder.find().await
        {
            return away;
        }
        if self.is_upload(&path_of(path)) { Error::Lost { path: path.clone() } } else { error }
    }

    fn address(&self) -> String {
        match &self.ground {
            Ground::Folder(folder) => folder.to_string(),
            Ground::Container(bases) => bases.first().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

impl Storage {
    /// Opens the roots, of which the first is the default one. Folders of `file:` addresses are made when they are
    /// not there; what lies elsewhere is not asked yet.
    pub fn open(roots: &[RootSettings]) -> Result<Self, Error> {
        let mut roots = roots.iter().map(Root::open).collect::<Result<Vec<_>, _>>()?;
        let places: Vec<_> = roots.iter().map(|root| root.place_of_uploads(&roots[0])).collect();
        for (root, place) in roots.iter_mut().zip(places) {
            root.uploads = place;
        }
        Ok(Self(roots.into()))
    }

    /// The root where uploads are kept.
    pub(super) fn default_root(&self) -> &Root {
        &self.0[0]
    }

    /// A root by its name; it may have been taken out of the settings.
    pub(super) fn root(&self, name: &str) -> Result<&Root, Error> {
        let found = self.0.iter().find(|root| root.name == name);
        found.ok_or_else(|| Error::NoSuchRoot { name: name.to_owned() })
    }

    /// Finds the place under a root that a person's address means, for a segment of an instance; anything else is
    /// [`Error::OutsideRoots`].
    pub fn locate(&self, url: &str, instance: Uuid) -> Result<Location, Error> {
        let found = self.0.iter().filter_map(|root| Some((root, root.relative(url)?)));
        // Of roots within roots the innermost counts: the one that leaves the shortest path.
        let found = found.min_by_key(|(_, path)| path.as_ref().len());
        let is_outside = climbs(url) || self.is_upload(url);
        match found.filter(|(root, path)| root.is_open_to(instance) && !is_root(path)) {
            Some((root, path)) if !is_outside => Ok(Location { root: root.name.clone(), path }),
            _ => Err(self.outside(instance)),
        }
    }

    /// Whether an address means a place among the uploads, by whichever root.
    fn is_upload(&self, url: &str) -> bool {
        self.0.iter().any(|root| root.relative(url).is_some_and(|path| root.is_upload(&path)))
    }

    fn outside(&self, instance: Uuid) -> Error {
        let open = self.0.iter().filter(|root| root.is_open_to(instance));
        Error::OutsideRoots { roots: open.map(Root::address).collect::<Vec<_>>().join(", ") }
    }

    /// Asks, cheaply, whether every object of a manifest is still the one that was pinned; [`Error::Changed`] or
    /// [`Error::Lost`] names the first that is not.
    pub async fn check(&self, manifest: &Manifest) -> Result<(), Error> {
        let root = self.root(&manifest.root)?;
        let checked = root.check(&manifest.objects).await;
        if let Err(error) = checked { Err(root.explain(error).await) } else { Ok(()) }
    }

    /// Removes an object that [`Storage::receive`] made; one that is gone already is fine.
    pub async fn remove(&self, path: &str) -> Result<(), Error> {
        let path = path_of(path);
        if path.parts().next().is_none_or(|first| first.as_ref() != UPLOADS) {
            return Err(Error::unavailable(format!(
                "{path} is not an upload, and only uploads are removed"
            )));
        }
        match self.default_root().store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(cause) => Err(Error::of_store(&path, cause)),
        }
    }

    /// Asks whether the default root is there and lets us in; of a folder also whether it can be written.
    pub async fn probe(&self) -> Result<(), Error> {
        let root = self.default_root();
        if let Ground::Folder(folder) = &root.ground {
            return folder.probe().await;
        }
        // The cheapest of questions; that there is no such object is an answer.
        let path = Path::from(UPLOADS);
        let asked = tokio::time::timeout(PROBE_MAX, root.store.head(&path)).await;
        match asked.map_err(Error::unavailable)? {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(cause) => Err(Error::of_store(&path, cause)),
        }
    }
}

/// Whether an address climbs, written plainly or encoded: it may end up under a root, but nobody needs that.
pub(super) fn climbs(url: &str) -> bool {
    let (_, place) = url.split_once("://").unwrap_or(("", url));
    let place = place.replace("%2e", ".").replace("%2E", ".");
    place.split(['/', '\\']).any(|part| part == "..")
}

fn is_root(path: &Path) -> bool {
    path.parts().next().is_none()
}

/// The path that was kept as text; one that no object can have becomes one that no object has.
pub(super) fn path_of(kept: &str) -> Path {
    Path::parse(kept).unwrap_or_else(|_| Path::from(kept))
}
