//! The end of a log.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::Context;

const LINES_MAX: usize = 2000;

/// The last lines of a file. What is not text is replaced.
pub(super) fn tail(path: &Path) -> anyhow::Result<String> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = VecDeque::with_capacity(LINES_MAX);
    for line in BufReader::new(file).split(b'\n') {
        if lines.len() == LINES_MAX {
            lines.pop_front();
        }
        lines.push_back(String::from_utf8_lossy(&line?).into_owned());
    }
    Ok(lines.into_iter().map(|line| line + "\n").collect())
}
