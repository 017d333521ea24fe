//! What is wrong with a file, each with its line.

use serde_saphyr::Spanned;

/// Something that is wrong with the file, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileFlaw {
    /// From 1; 0 when it is unknown.
    pub(super) line: u64,
    pub(super) text: String,
}

impl FileFlaw {
    /// At the value that the file has there.
    pub(super) fn at<T>(value: &Spanned<T>, text: impl Into<String>) -> Self {
        Self { line: value.referenced.line(), text: text.into() }
    }
}

/// All flaws, in the order of the file, as editors and CI find them: `file:line: sentence`.
pub(super) fn error(file: &str, flaws: &[FileFlaw]) -> anyhow::Error {
    let mut flaws: Vec<_> = flaws.iter().collect();
    flaws.sort_by_key(|flaw| flaw.line);
    let lines: Vec<_> = flaws
        .into_iter()
        .map(|FileFlaw { line, text }| match line {
            0 => format!("{file}: {text}"),
            line => format!("{file}:{line}: {text}"),
        })
        .collect();
    anyhow::anyhow!("{}", lines.join("\n"))
}
