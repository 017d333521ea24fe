//! How many objects an instance may have.

use crate::http::problem::{Problem, ProblemKind};

/// What there is a quota of.
#[derive(Clone, Copy, Debug)]
pub enum Quota {
    Channels,
    Connections,
    Exports,
    Segments,
}

impl Quota {
    /// Noun, and the end of the setting.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Channels => ("channels", "CHANNELS"),
            Self::Connections => ("connections", "CONNECTIONS"),
            Self::Exports => ("exports", "EXPORTS"),
            Self::Segments => ("segments", "SEGMENTS"),
        }
    }

    /// Rejects one more when the instance has `count` of at most `most`. Only that of channels is locked: of the
    /// others, calls at the same moment may exceed the quota by one each.
    pub fn check(self, count: i64, most: u32) -> Result<(), Problem> {
        if count < i64::from(most) {
            return Ok(());
        }
        let (nouns, setting) = self.words();
        let detail = format!(
            "This instance has {count} {nouns}, and may have {most}. Remove those that nobody needs, or ask your \
                operator to raise `SEGMENT_EXPORT_MAX_{setting}_PER_INSTANCE`."
        );
        Err(Problem::new(ProblemKind::QuotaExceeded, detail))
    }
}
