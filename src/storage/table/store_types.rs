//! SQL of the types of `PostgreSQL`: which are accepted, and how their values become text.

use super::super::field::FieldType;

/// `None` for types that are not accepted.
pub(super) fn field_type(name: &str, category: &str) -> Option<FieldType> {
    match name {
        "date" | "timestamp" | "timestamptz" => Some(FieldType::Date),
        "time" | "timetz" | "uuid" => Some(FieldType::String),
        _ => match category {
            // Categories of the catalogue: strings and names, enumerations, numbers, booleans.
            "S" | "E" => Some(FieldType::String),
            "N" => Some(FieldType::Number),
            "B" => Some(FieldType::Boolean),
            _ => None,
        },
    }
}

/// The expression for a column as text, moments as `2026-03-01T06:00:00Z`. A time without a zone gets none: its day
/// stays as it is written.
fn as_text(column: &str, type_name: &str) -> String {
    let time = |value: &str| {
        format!("rtrim(rtrim(to_char({value}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '0'), '.')")
    };
    match type_name {
        "timestamp" => time(column),
        "timestamptz" => time(&format!("{column} AT TIME ZONE 'UTC'")) + " || 'Z'",
        _ => format!("{column}::text"),
    }
}

/// The same, with every text of more than `bytes_max` bytes replaced by one of `bytes_max` + 1. Values of other types
/// are never so long.
fn as_limited_text(column: &str, type_name: &str, of: FieldType, bytes_max: usize) -> String {
    let text = as_text(column, type_name);
    match (of, field_type(type_name, "")) {
        (FieldType::String, None) => format!(
            "CASE WHEN octet_length({text}) > {bytes_max} THEN repeat('x', {bytes_max} + 1) ELSE {text} END"
        ),
        _ => text,
    }
}

/// The columns, each with its type and what it is read as, of all rows of a table as text; at last how many bytes a row
/// has. A row of more than `bytes_max` comes without its values.
pub(super) fn rows_as_text<'a>(
    columns: impl Iterator<Item = (&'a str, &'a str, FieldType)>,
    table: &str,
    bytes_max: usize,
) -> String {
    let text = |(name, type_name, of)| as_limited_text(&quoted(name), type_name, of, bytes_max);
    let texts: Vec<_> = columns.map(text).collect();
    let each = |form: &dyn Fn(usize, &str) -> String, between: &str| {
        let parts = texts.iter().enumerate().map(|(index, text)| form(index, text));
        parts.collect::<Vec<_>>().join(between)
    };
    let texts = each(&|index, text| format!("{text} AS v{index}"), ", ");
    let lengths = each(&|index, _| format!("COALESCE(octet_length(v{index}), 0)::bigint"), " + ");
    let values =
        each(&|index, _| format!("CASE WHEN bytes <= {bytes_max} THEN v{index} END"), ", ");
    // OFFSET 0 keeps the planner from computing every value again for each length.
    format!(
        "SELECT {values}, bytes FROM (SELECT *, {lengths} AS bytes \
         FROM (SELECT {texts} FROM {table} OFFSET 0) AS texts OFFSET 0) AS measured"
    )
}

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
