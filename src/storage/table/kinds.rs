//! Which types of `PostgreSQL` are taken, and how their values become text.

use super::super::FieldType;

/// What a column's values are to people; `None` for types that are not taken.
pub(super) fn field_type(name: &str, category: &str) -> Option<FieldType> {
    match name {
        "date" | "timestamp" | "timestamptz" => Some(FieldType::Date),
        "time" | "timetz" | "uuid" => Some(FieldType::String),
        _ => match category {
            // Of the catalogue: strings and names, enumerations, numbers, booleans.
            "S" | "E" => Some(FieldType::String),
            "N" => Some(FieldType::Number),
            "B" => Some(FieldType::Boolean),
            _ => None,
        },
    }
}

/// The expression that makes text of a column, moments as `2026-03-01T06:00:00Z`.
fn as_text(column: &str, kind: &str) -> String {
    let moment = |value: &str| {
        format!("rtrim(rtrim(to_char({value}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '0'), '.') || 'Z'")
    };
    match kind {
        "timestamp" => moment(column),
        "timestamptz" => moment(&format!("{column} AT TIME ZONE 'UTC'")),
        _ => format!("{column}::text"),
    }
}

/// The same, and in place of a text of more bytes than that another one that is too long. Other kinds are never long.
pub(super) fn as_fitting_text(column: &str, kind: &str, of: FieldType, bytes_max: usize) -> String {
    let text = as_text(column, kind);
    match (of, field_type(kind, "")) {
        (FieldType::String, None) => format!(
            "CASE WHEN octet_length({text}) > {bytes_max} THEN repeat('x', {bytes_max} + 1) ELSE {text} END"
        ),
        _ => text,
    }
}

/// An identifier, quoted.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_cannot_end_its_quotes() {
        assert_eq!(quoted("a\"; DROP TABLE x; --"), "\"a\"\"; DROP TABLE x; --\"");
    }
}
