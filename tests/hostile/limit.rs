//! A limit of memory round a process, as a container has it: who exceeds it is killed by the system.

use std::fs::{create_dir, remove_dir, write};
use std::path::{Path, PathBuf};

const GROUPS: &str = "/sys/fs/cgroup";

/// A control group with one process in it, removed with it.
pub struct Limit(PathBuf);

impl Limit {
    /// Holds a process below so many bytes. Needs the rights of root; `None` on a machine that gives nobody a group:
    /// there memory is only measured.
    pub fn hold(process: u32, bytes: u64) -> Option<Self> {
        // The first form of control groups has a tree for memory, the second one tree for all.
        let (tree, limit) = match Path::new(GROUPS).join("memory") {
            first if first.is_dir() => (first, "memory.limit_in_bytes"),
            _ => (GROUPS.into(), "memory.max"),
        };
        let group = Self(tree.join(format!("hostile-{process}")));
        if let Err(error) = group.enclose(limit, process, bytes) {
            println!(
                "no limit of memory, only measures of it: a control group cannot be made: {error}"
            );
            return None;
        }
        Some(group)
    }

    fn enclose(&self, limit: &str, process: u32, bytes: u64) -> std::io::Result<()> {
        create_dir(&self.0)?;
        write(self.0.join(limit), bytes.to_string())?;
        write(self.0.join("cgroup.procs"), process.to_string())
    }
}

impl Drop for Limit {
    /// It cannot be removed as long as the process ends: it is empty, and gone with the machine.
    fn drop(&mut self) {
        let _ = remove_dir(&self.0);
    }
}
