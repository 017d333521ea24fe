//! A limit of memory round a process, as a container has it: who exceeds it is killed by the system.

use std::fs::{create_dir, remove_dir, write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

const GROUPS: &str = "/sys/fs/cgroup";

/// A control group with one process in it, removed with it.
pub struct Limit(PathBuf);

impl Limit {
    /// Holds a process below so many bytes. Needs the rights of root.
    pub fn hold(process: u32, bytes: u64) -> Result<Self> {
        // The first form of control groups has a tree for memory, the second one tree for all.
        let (tree, limit) = match Path::new(GROUPS).join("memory") {
            first if first.is_dir() => (first, "memory.limit_in_bytes"),
            _ => (GROUPS.into(), "memory.max"),
        };
        let folder = tree.join(format!("hostile-{process}"));
        create_dir(&folder).context("a control group cannot be made")?;
        let group = Self(folder);
        write(group.0.join(limit), bytes.to_string())?;
        write(group.0.join("cgroup.procs"), process.to_string())?;
        Ok(group)
    }
}

impl Drop for Limit {
    /// It cannot be removed as long as the process ends: it is empty, and gone with the machine.
    fn drop(&mut self) {
        let _ = remove_dir(&self.0);
    }
}
