//! How the source of a segment is read: member by member, so that a refusal points at the very one that is wrong, and a
//! kind without members has none.

use serde::Deserialize;

use super::Source;
use crate::storage::{Dialect, Format};
use crate::wire::present;

/// The members of all kinds of sources.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Members {
    kind: Kind,
    #[serde(default, deserialize_with = "present")]
    url: Option<String>,
    #[serde(default, deserialize_with = "present")]
    format: Option<Format>,
    #[serde(default, deserialize_with = "present")]
    #[expect(clippy::option_option, reason = "it may be null, where the kind has it")]
    csv: Option<Option<Dialect>>,
    #[serde(default, deserialize_with = "present")]
    entity: Option<String>,
    #[serde(default, deserialize_with = "present")]
    data_source: Option<String>,
    #[serde(default, deserialize_with = "present")]
    schema: Option<String>,
    #[serde(default, deserialize_with = "present")]
    table: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Upload,
    Files,
    CustomerInsights,
    Table,
}

/// The schema of a table that names none.
pub(super) fn public() -> String {
    "public".into()
}

impl TryFrom<Members> for Source {
    type Error = String;

    fn try_from(mut members: Members) -> Result<Self, String> {
        let source = match members.kind {
            Kind::Upload => Self::Upload,
            Kind::Files => Self::Files {
                url: needed(&mut members.url, "url")?,
                format: needed(&mut members.format, "format")?,
                csv: members.csv.take().flatten(),
            },
            Kind::CustomerInsights => Self::CustomerInsights {
                url: needed(&mut members.url, "url")?,
                entity: needed(&mut members.entity, "entity")?,
            },
            Kind::Table => Self::Table {
                data_source: needed(&mut members.data_source, "dataSource")?,
                schema: members.schema.take().unwrap_or_else(public),
                table: needed(&mut members.table, "table")?,
            },
        };
        match members.left() {
            Some(name) => Err(format!("unknown field `{name}`: it goes with another kind")),
            None => Ok(source),
        }
    }
}

/// (In the words that serde has for it, by which the place is told.)
fn needed<T>(member: &mut Option<T>, name: &str) -> Result<T, String> {
    member.take().ok_or_else(|| format!("missing field `{name}`"))
}

impl Members {
    /// A member that the kind does not have.
    fn left(&self) -> Option<&'static str> {
        let left = [
            ("url", self.url.is_some()),
            ("format", self.format.is_some()),
            ("csv", self.csv.is_some()),
            ("entity", self.entity.is_some()),
            ("dataSource", self.data_source.is_some()),
            ("schema", self.schema.is_some()),
            ("table", self.table.is_some()),
        ];
        left.into_iter().find_map(|(name, is_left)| is_left.then_some(name))
    }
}
