//! The archive: a tar file, compressed with gzip, for its owner alone.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use tar::{Builder, Header};

use crate::db::Time;

/// Its files stand in a folder of this name.
const FOLDER: &str = "segment-export-support";
/// The owner reads and writes.
const MODE: u32 = 0o600;

pub(super) struct Archive {
    builder: Builder<GzEncoder<File>>,
    made: u64,
}

impl Archive {
    pub(super) fn create(path: &Path, now: Time) -> anyhow::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path);
        let file = file.with_context(|| format!("cannot write {}", path.display()))?;
        let builder = Builder::new(GzEncoder::new(file, Compression::default()));
        Ok(Self { builder, made: u64::try_from(now.timestamp())? })
    }

    pub(super) fn add(&mut self, name: &str, text: &str) -> anyhow::Result<()> {
        let mut header = Header::new_gnu();
        header.set_size(u64::try_from(text.len())?);
        header.set_mode(MODE);
        header.set_mtime(self.made);
        let path = format!("{FOLDER}/{name}");
        Ok(self.builder.append_data(&mut header, path, text.as_bytes())?)
    }

    pub(super) fn add_json(&mut self, name: &str, value: &impl Serialize) -> anyhow::Result<()> {
        self.add(name, &serde_json::to_string_pretty(value)?)
    }

    pub(super) fn finish(self) -> anyhow::Result<()> {
        self.builder.into_inner()?.finish()?.sync_all()?;
        Ok(())
    }
}
