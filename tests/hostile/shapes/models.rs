//! `model.json` as Customer Insights writes it, with far too much of something.

use super::{Kind, Shape};

/// A model that is read well.
pub const SOUND: &str = r#"{"name": "M", "version": "1.0", "entities": [{"$type": "LocalEntity", "name": "E",
    "attributes": [{"name": "CustomerId", "dataType": "string"}],
    "partitions": [{"name": "p", "location": "sound.csv",
        "fileFormatSettings": {"$type": "CsvFormatSettings", "columnHeaders": true}}]}]}"#;

const START: &str =
    r#"{"entities": [{"name": "E", "attributes": [{"name": "CustomerId", "dataType": "string"}"#;

pub fn all() -> Vec<Shape> {
    let mut shapes = vec![Shape::new("a sound model".into(), Kind::Model, || SOUND.into())];
    for parts in [100, 20_000, 500_000] {
        let body = move || SOUND.replace("sound.csv", &("a/".repeat(parts) + "p.csv")).into();
        shapes.push(Shape::new(format!("a location of {parts} parts"), Kind::Model, body));
    }
    for mib in [1, 4, 15, 64] {
        for (name, start, filling, end) in [
            ("blanks", "", " ", SOUND),
            ("brackets", "{\"x\": ", "[", ""),
            ("a string", "{\"name\": \"", "x", "\"}"),
            ("empty entities", "{\"entities\": [{\"name\": \"E\"}", ",{\"name\":\"E\"}", "]}"),
            ("numbers as entities", "{\"entities\": [0", ",0", "]}"),
            ("attributes", START, ",{\"name\":\"\",\"dataType\":\"\"}", "]}]}"),
            ("partitions", START, ",{\"name\":\"p\"}", "]}]}"),
            ("annotations", START, "],\"annotations\":[", "]}]}"),
        ] {
            let start = if name == "partitions" {
                format!("{start}], \"partitions\": [{{\"name\": \"p\"}}")
            } else {
                start.to_owned()
            };
            let times = (mib << 20) / filling.len();
            let body = move || format!("{start}{}{end}", filling.repeat(times)).into();
            shapes.push(Shape::new(format!("a model with {mib} MiB of {name}"), Kind::Model, body));
        }
    }
    shapes
}
