//! Small disks in memory, which tests fill, use up and make read-only.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A disk of a few megabytes, in memory. Mounting takes root, or a namespace of users.
pub struct SmallDisk(TempDir);

impl SmallDisk {
    pub fn mount(megabytes: u32) -> Self {
        Self::mount_with(&format!("size={megabytes}m"))
    }

    /// One for so many files and folders at a time.
    pub fn mount_for(files: u32) -> Self {
        Self::mount_with(&format!("nr_inodes={files}"))
    }

    fn mount_with(options: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path());
        assert!(mount.status().unwrap().success(), "a tmpfs cannot be mounted: run this as root");
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Writes until no byte fits any more.
    pub fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(self.filler()).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    pub fn make_room(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    /// Makes files until there can be no more.
    pub fn use_up_files(&self) {
        let mut number = 0;
        while File::create(self.path().join(format!("file{number}"))).is_ok() {
            number += 1;
        }
        assert!(number > 0);
    }

    pub fn remove_files(&self) {
        let mut number = 0;
        while std::fs::remove_file(self.path().join(format!("file{number}"))).is_ok() {
            number += 1;
        }
    }

    /// Mounts it again, `ro` or `rw`, as the system does when a disk fails.
    pub fn remount(&self, how: &str) {
        let options = format!("remount,{how}");
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-o", &options]).arg(self.path()).status().unwrap();
        assert!(mounted.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(self.path()).status();
        assert!(unmounted.unwrap().success());
    }
}
