//! Files that this service writes for others: into folders under roots that the operator opened for that.
//!
//! A file appears at once or not at all. Only files in a folder that was found here are ever written or removed.

use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt};
use uuid::Uuid;

use super::{
    error::Error,
    roots::{Location, Root, Storage, path_of},
};

impl Storage {
    /// Finds the folder that an address means, for an instance, under a root that may be written.
    pub(crate) fn locate_writable(&self, url: &str, instance: Uuid) -> Result<Location, Error> {
        let at = self.locate(url, instance).map_err(|error| match error {
            Error::OutsideRoots { .. } => self.outside_writable(instance),
            other => other,
        })?;
        self.writable(&at).map(|_| at)
    }

    fn outside_writable(&self, instance: Uuid) -> Error {
        let roots = self.addresses(instance, |root| root.is_writable);
        let none =
            "there is none; ask your operator to name one in SEGMENT_EXPORT_STORAGE_WRITABLE";
        Error::OutsideWritable { roots: if roots.is_empty() { none.to_owned() } else { roots } }
    }

    /// Writes a file into a folder, over one of the same name.
    pub(crate) async fn put_outgoing(
        &self,
        folder: &Location,
        name: &str,
        content: Bytes,
    ) -> Result<(), Error> {
        let (root, path) = (self.writable(folder)?, folder.path.clone().join(name));
        root.require_external(&path)?;
        let put = root.store.put(&path, content.into()).await;
        put.map(drop).map_err(|cause| match cause {
            object_store::Error::NotFound { .. } => Error::Unavailable(
                format!("the folder of {path} cannot be made; is there a file of its name?").into(),
            ),
            cause => Error::of_store(&path, cause),
        })
    }

    /// The address of a folder, for people. Of a root that is no longer set up only the name is known.
    pub(crate) fn address_of(&self, folder: &Location) -> String {
        let (root, path) = folder.parts();
        match self.root(root) {
            Ok(root) => format!("{}/{path}", root.address().trim_end_matches('/')),
            Err(_) => format!("{path} of the storage root `{root}`"),
        }
    }

    /// The names of the files in a folder; none when it does not exist.
    pub(crate) async fn list_outgoing(&self, folder: &Location) -> Result<Vec<String>, Error> {
        let root = self.writable(folder)?;
        let listed = root.store.list_with_delimiter(Some(&folder.path)).await;
        let listed = listed.map_err(|cause| Error::of_store(&folder.path, cause))?;
        let names = listed.objects.iter().filter_map(|object| object.location.filename());
        Ok(names.map(str::to_owned).collect())
    }

    /// Removes a file from a folder; one that is gone already is fine.
    pub(crate) async fn remove_outgoing(&self, folder: &Location, name: &str) -> Result<(), Error> {
        let (root, path) = (self.writable(folder)?, folder.path.clone().join(name));
        root.require_external(&path)?;
        match root.store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(cause) => Err(Error::of_store(&path, cause)),
        }
    }

    fn writable(&self, at: &Location) -> Result<&Root, Error> {
        let root = self.root(&at.root)?;
        if root.is_writable {
            Ok(root)
        } else {
            Err(Error::NotWritable { name: root.name.clone() })
        }
    }
}

impl Location {
    /// As it was stored.
    pub(crate) fn stored(root: String, path: &str) -> Self {
        Self { root, path: path_of(path) }
    }

    /// The name of the root, and the path below it.
    pub(crate) fn parts(&self) -> (&str, &str) {
        (&self.root, self.path.as_ref())
    }

    /// The location one level below, which need not exist.
    pub(crate) fn folder(&self, name: &str) -> Self {
        Self { root: self.root.clone(), path: self.path.clone().join(name) }
    }
}

#[cfg(test)]
mod tests {
    use object_store::path::Path;

    use super::super::RootSettings;
    use super::*;

    fn storage(folder: &std::path::Path, is_writable: bool) -> Storage {
        let url = format!("file://{}", folder.display());
        Storage::open(&[RootSettings { is_writable, ..RootSettings::default_at(&url) }]).unwrap()
    }

    #[tokio::test]
    async fn a_file_is_written_listed_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let storage = storage(folder.path(), true);
        let url = format!("file://{}/log", folder.path().display());
        let at = storage.locate_writable(&url, Uuid::nil()).unwrap().folder("a run");
        assert!(storage.list_outgoing(&at).await.unwrap().is_empty());
        for content in ["one", "two"] {
            storage.put_outgoing(&at, "a.txt", Bytes::from(content)).await.unwrap();
        }
        assert_eq!(storage.list_outgoing(&at).await.unwrap(), ["a.txt"]);
        let (root, path) = at.parts();
        assert_eq!(Location::stored(root.to_owned(), path), at);
        let written = std::fs::read_to_string(folder.path().join("log/a run/a.txt")).unwrap();
        assert_eq!(written, "two");
        storage.remove_outgoing(&at, "a.txt").await.unwrap();
        storage.remove_outgoing(&at, "a.txt").await.unwrap();
        assert!(storage.list_outgoing(&at).await.unwrap().is_empty());
    }

    #[test]
    fn of_the_roots_only_those_that_may_be_written_are_offered() {
        let folder = tempfile::tempdir().unwrap();
        let root = |name: &str, is_writable| RootSettings {
            name: name.to_owned(),
            is_writable,
            ..RootSettings::default_at(&format!("file://{}/{name}", folder.path().display()))
        };
        let refused = |roots: &[RootSettings]| {
            let storage = Storage::open(roots).unwrap();
            storage.locate_writable("file:///etc", Uuid::nil()).unwrap_err().to_string()
        };
        let text = refused(&[root("closed", false), root("open", true)]);
        assert!(text.contains("/open") && !text.contains("/closed"), "{text}");
        let text = refused(&[root("closed", false)]);
        assert!(text.contains("SEGMENT_EXPORT_STORAGE_WRITABLE"), "{text}");
        assert!(!text.contains("/closed"), "{text}");
    }

    #[test]
    fn a_folder_has_the_address_of_its_root_or_the_name_of_one_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let storage = storage(folder.path(), true);
        let url = format!("file://{}/log", folder.path().display());
        let at = storage.locate_writable(&url, Uuid::nil()).unwrap().folder("1");
        assert_eq!(storage.address_of(&at), format!("{url}/1"));
        let gone = Location::stored("lake".into(), "log/1");
        assert_eq!(storage.address_of(&gone), "log/1 of the storage root `lake`");
    }

    #[tokio::test]
    async fn nothing_is_written_under_a_closed_root_or_into_folders_of_this_service() {
        let folder = tempfile::tempdir().unwrap();
        let url = |path: &str| format!("file://{}/{path}", folder.path().display());
        let closed = storage(folder.path(), false).locate_writable(&url("log"), Uuid::nil());
        assert!(matches!(closed, Err(Error::NotWritable { .. })), "{closed:?}");
        let open = storage(folder.path(), true);
        let own = open.locate_writable(&url("uploads/log"), Uuid::nil());
        assert!(matches!(own, Err(Error::OutsideWritable { .. })), "{own:?}");
        std::fs::create_dir(folder.path().join("uploads")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("uploads"), folder.path().join("link"))
            .unwrap();
        let by_link = Location { root: "default".into(), path: Path::from("link") };
        assert!(open.put_outgoing(&by_link, "a.txt", Bytes::new()).await.is_err());
    }
}
