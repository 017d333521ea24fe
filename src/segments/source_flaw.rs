//! Whether what a source names can be kept: the length of names, and what stands in them.

use super::source::SegmentSource;
use crate::params::Params;
use crate::storage::check_column_names;

/// Of an entity or a data source, in characters.
const NAME_CHARS_MAX: usize = 200;
/// Of a schema or a table of PostgreSQL.
const TABLE_CHARS_MAX: usize = 63;

/// A member that cannot be kept.
#[derive(Debug)]
pub struct SourceFlaw {
    /// JSON pointer (RFC 6901) to it.
    pub pointer: &'static str,
    /// Why it cannot be kept, in a sentence.
    pub why: String,
    /// The values that the sentence names.
    pub params: Params,
}

impl SegmentSource {
    /// A member that cannot be kept. Whether an address leads anywhere, the storage knows.
    #[must_use]
    pub fn flaw(&self) -> Option<SourceFlaw> {
        match self {
            Self::Upload => None,
            Self::Files { csv, .. } => {
                let columns = csv.as_ref()?.columns.as_ref()?;
                let why = check_column_names(columns).err()?;
                Some(SourceFlaw {
                    pointer: "/source/csv/columns",
                    why: format!("The names of the columns are not accepted: {why}."),
                    params: Params::default().with("cause", why),
                })
            }
            Self::CustomerInsights { entity, .. } => {
                named("/source/entity", entity, NAME_CHARS_MAX)
            }
            Self::Table { data_source, schema, table } => {
                named("/source/dataSource", data_source, NAME_CHARS_MAX)
                    .or_else(|| named("/source/schema", schema, TABLE_CHARS_MAX))
                    .or_else(|| named("/source/table", table, TABLE_CHARS_MAX))
            }
        }
    }
}

fn named(pointer: &'static str, name: &str, chars_max: usize) -> Option<SourceFlaw> {
    let fits = (1..=chars_max).contains(&name.chars().count()) && !name.contains('\0');
    (!fits).then(|| SourceFlaw {
        pointer,
        why: format!("This name has 1 to {chars_max} characters, and no zero byte."),
        params: Params::default().with("min", 1_i64).with("max", chars_max),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn flaw(source: serde_json::Value) -> Option<&'static str> {
        serde_json::from_value::<SegmentSource>(source).unwrap().flaw().map(|flaw| flaw.pointer)
    }

    #[test]
    fn names_of_a_source_are_so_long_and_no_longer_and_hold_no_zero_byte() {
        let files = |columns: Vec<String>| {
            let csv = json!({"columns": columns});
            json!({"kind": "files", "url": "file:///a", "format": "csv", "csv": csv})
        };
        let entity = |entity: String| json!({"kind": "customerInsights", "url": "file:///a", "entity": entity});
        let table = |s: String, t: String| json!({"kind": "table", "dataSource": "crm", "schema": s, "table": t});
        let source = |name: String| json!({"kind": "table", "dataSource": name, "table": "t"});
        let many = |count: usize| (0..count).map(|index| index.to_string()).collect::<Vec<_>>();
        let (columns, a) = ("/source/csv/columns", || "a".to_owned());
        for (source, expected) in [
            (files(many(1000)), None),
            (files(many(1001)), Some(columns)),
            (files(vec![a(), "b".repeat(201)]), Some(columns)),
            (files(vec![a(), "b\0".to_owned()]), Some(columns)),
            (files(vec![a(), a()]), Some(columns)),
            (entity("e".repeat(200)), None),
            (entity("e".repeat(201)), Some("/source/entity")),
            (entity("e\0".to_owned()), Some("/source/entity")),
            (entity(String::new()), Some("/source/entity")),
            (table("s".repeat(63), "t".repeat(63)), None),
            (table("s".repeat(64), a()), Some("/source/schema")),
            (table(a(), "t\0".to_owned()), Some("/source/table")),
            (source("d".repeat(201)), Some("/source/dataSource")),
            (json!({"kind": "upload"}), None),
        ] {
            assert_eq!(flaw(source.clone()), expected, "{source}");
        }
    }
}
