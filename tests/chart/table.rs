//! The table of values in the chart's README, generated from the comments in `values.yaml`.

use std::fmt::Write;

use super::tools::{CHART, HERE};

const BEGIN: &str = "<!-- generated from values.yaml by `make chart` -->\n";

/// A documented value.
struct Row {
    path: String,
    default: String,
    what: String,
    tests: Vec<String>,
}

/// Reads the comments: `# -- What.`, then `# Shown by: test, test`, then the value.
fn rows(values: &str) -> Vec<Row> {
    let (mut rows, mut parents) = (Vec::new(), Vec::<String>::new());
    let (mut what, mut tests) = (String::new(), Vec::new());
    for line in values.lines() {
        let text = line.trim_start();
        if let Some(comment) = text.strip_prefix("# -- ") {
            comment.clone_into(&mut what);
        } else if let Some(shown) = text.strip_prefix("# Shown by: ") {
            tests = shown.split(", ").map(str::to_owned).collect();
        } else if let Some((key, default)) = text.split_once(':').filter(|_| !text.starts_with('#'))
        {
            parents.truncate((line.len() - text.len()) / 2);
            parents.push(key.to_owned());
            if !what.is_empty() {
                let (what, tests) = (std::mem::take(&mut what), std::mem::take(&mut tests));
                rows.push(Row {
                    path: parents.join("."),
                    default: default.trim().to_owned(),
                    what,
                    tests,
                });
            }
        }
    }
    rows
}

fn table(rows: &[Row]) -> String {
    let mut table = String::from("| value | default | what | shown by |\n|---|---|---|---|\n");
    for row in rows {
        let tests: Vec<_> = row.tests.iter().map(|test| format!("`{test}`")).collect();
        let default = if row.default.is_empty() {
            "see values.yaml".into()
        } else {
            format!("`{}`", row.default)
        };
        let _ =
            writeln!(table, "| `{}` | {default} | {} | {} |", row.path, row.what, tests.join(", "));
    }
    table
}

/// `make chart` sets `WRITE_CHART_README`, which writes the table.
#[test]
fn the_table_of_values_is_up_to_date_and_names_tests_that_exist() {
    let rows = rows(&std::fs::read_to_string(format!("{CHART}/values.yaml")).unwrap());
    let file = format!("{CHART}/README.md");
    let readme = std::fs::read_to_string(&file).unwrap();
    let (before, _) = readme.split_once(BEGIN).unwrap();
    let expected = format!("{before}{BEGIN}\n{}", table(&rows));
    if std::env::var_os("WRITE_CHART_README").is_some() {
        std::fs::write(&file, &expected).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), expected, "make chart");

    let tests: String = std::fs::read_dir(HERE)
        .unwrap()
        .flatten()
        .filter(|file| file.path().extension().is_some_and(|kind| kind == "rs"))
        .map(|file| std::fs::read_to_string(file.path()).unwrap())
        .collect();
    for row in &rows {
        assert!(!row.tests.is_empty(), "no test shows {}", row.path);
        for test in &row.tests {
            assert!(tests.contains(&format!("fn {test}()")), "there is no test {test}");
        }
    }
}

#[tokio::test]
async fn every_value_is_documented_and_known_to_the_schema() {
    let documented: Vec<_> =
        rows(&std::fs::read_to_string(format!("{CHART}/values.yaml")).unwrap())
            .into_iter()
            .map(|row| row.path)
            .collect();
    let values = super::tools::from_yaml(format!("{CHART}/values.yaml").as_ref()).await;
    let schema: serde_json::Value = serde_json::from_str(
        &std::fs::read_to_string(format!("{CHART}/values.schema.json")).unwrap(),
    )
    .unwrap();
    let mut open = vec![(String::new(), &values[0], &schema)];
    while let Some((path, value, schema)) = open.pop() {
        assert!(!schema.is_null(), "the schema does not know {path}");
        if path.is_empty() || !documented.contains(&path) {
            let inner = value.as_object().unwrap_or_else(|| panic!("{path} is not documented"));
            for (key, value) in inner {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                open.push((path, value, &schema["properties"][key]));
            }
        }
    }
}
