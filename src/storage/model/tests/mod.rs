//! Folders as Customer Insights writes them, and what can be wrong with them.

mod notations;

use std::{fs, sync::Arc};

use arrow_array::cast::AsArray;
use futures::TryStreamExt;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::storage::tests::parquet_with;
use crate::storage::{
    Error, ExternalData, FieldType, Inspection, RootSettings, Storage, WantedColumns,
};

/// An export folder: `model.json` and the files that it names.
struct Export {
    folder: tempfile::TempDir,
    storage: Storage,
}

const FOLDER: &str = "CustomerInsights_1/BlobExport";

impl Export {
    fn new(model: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = RootSettings::default_at(&format!("file://{}", folder.path().display()));
        let export = Self { storage: Storage::open(&[root]).unwrap(), folder };
        export.write("model.json", model.to_string());
        export
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.folder.path().join(FOLDER).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn with(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(path, content);
        self
    }

    fn url(&self) -> String {
        format!("file://{}/{FOLDER}", self.folder.path().display())
    }

    async fn inspect(&self) -> Result<Inspection, Error> {
        self.inspect_with(None).await
    }

    async fn inspect_with(&self, known: Option<Inspection>) -> Result<Inspection, Error> {
        let at = self.storage.locate(&self.url(), Uuid::nil())?;
        self.storage.inspect(&ExternalData::Model { at, entity: "High".into() }, known).await
    }

    async fn refusal(&self) -> String {
        self.inspect().await.unwrap_err().to_string()
    }

    /// The addresses that a run would read.
    async fn emails(&self) -> Vec<String> {
        self.values("Email").await
    }

    async fn values(&self, column: &str) -> Vec<String> {
        let found = self.inspect().await.unwrap();
        let columns = [column.to_owned()];
        let pages = self.storage.pages(Arc::new(found.manifest), WantedColumns::of(columns));
        let pages: Vec<_> = pages.try_collect().await.unwrap();
        let values = pages.iter().flat_map(|page| page[column].as_string::<i32>());
        values.map(|value| value.unwrap_or("null").to_owned()).collect()
    }
}

fn attributes() -> Value {
    json!([{"name": "CustomerId", "dataType": "guid"}, {"name": "Email", "dataType": "string"},
        {"name": "Points", "dataType": "int64"}, {"name": "Born", "dataType": "date"}])
}

fn model(partitions: &Value) -> Value {
    json!({"name": "BlobExport", "version": "1.0", "culture": "en-US", "entities": [
        {"$type": "LocalEntity", "name": "Other", "attributes": []},
        {"$type": "LocalEntity", "name": "High", "description": "", "annotations": [],
            "attributes": attributes(), "partitions": partitions}]})
}

fn partition(name: &str, location: &str, settings: &Value) -> Value {
    json!({"name": name, "refreshTime": "2020-08-24T14:33:00Z", "location": location, "fileFormatSettings": settings})
}

#[tokio::test]
async fn each_partition_is_read_as_its_settings_say() {
    let settings = |more: Value| {
        let mut settings = json!({"$type": "CsvFormatSettings"});
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        settings
    };
    let parts = json!([
        partition(
            "a",
            "High/High_1.csv",
            &settings(json!({"columnHeaders": true, "delimiter": ",",
            "quoteStyle": "QuoteStyle.Csv", "csvStyle": "CsvStyle.QuoteAlways"}))
        ),
        partition("b", "High/High_2.csv", &settings(json!({"delimiter": ";"}))),
        partition(
            "c",
            "High/High_3.csv",
            &settings(json!({"quoteStyle": "QuoteStyle.None", "delimiter": "\t"}))
        ),
        partition(
            "d",
            "High/High_4.csv",
            &settings(json!({"csvStyle": "CsvStyle.QuoteAfterDelimiter", "encoding": "utf-16"}))
        ),
    ]);
    let utf16: Vec<u8> =
        "\u{feff}4,a\"b\"@d,4,\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let export = Export::new(&model(&parts))
        .with(
            "High/High_1.csv",
            "\u{feff}CustomerId,Email,Points,Born\n1,\"a, b@a\",1,2001-01-01\n",
        )
        .with("High/High_2.csv", "2;b@b;2;\n")
        .with("High/High_3.csv", "3\t\"c\"@c\t3\t\n")
        .with("High/High_4.csv", utf16);

    let found = export.inspect().await.unwrap();

    let fields: Vec<_> = found.fields.iter().map(|f| (f.name.as_str(), f.r#type)).collect();
    let expected = [
        ("CustomerId", FieldType::String),
        ("Email", FieldType::String),
        ("Points", FieldType::Number),
        ("Born", FieldType::Date),
    ];
    assert_eq!(fields, expected);
    assert_eq!(found.manifest.rows(), 4);
    assert_eq!(export.emails().await, ["a, b@a", "b@b", "\"c\"@c", "a\"b\"@d"]);
}

#[tokio::test]
async fn partitions_are_found_by_their_addresses_and_compressed_files_are_read() {
    let export = Export::new(&json!({}));
    let settings = json!({"$type": "CsvFormatSettings", "columnHeaders": true});
    let location = format!("{}/High/High%201.csv.gz", export.url());
    export.write("model.json", model(&json!([partition("a", &location, &settings)])).to_string());
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, b"CustomerId,Email,Points,Born\n1,a@a,,\n").unwrap();
    export.write("High/High 1.csv.gz", encoder.finish().unwrap());
    assert_eq!(export.emails().await, ["a@a"]);
}

#[tokio::test]
async fn where_the_model_names_no_partitions_the_newest_complete_folder_counts() {
    let export = Export::new(&model(&Value::Null))
        .with("High/2019/12/31/2359/High_1.csv", "1,old@a,,\n")
        .with("High/2020/08/24/1433/High_1.csv", "1,a@a,,\n")
        .with("High/2020/08/24/1433/High_2.csv", "2,b@b,,\n")
        .with("High/2020/08/25/0030/High_1.csv", "1,new@a,,\n")
        .with("High/2020/08/25/0030/High_3.csv", "3,new@c,,\n")
        .with("High/2020/08/25/0600/High_1.csv", "")
        .with("High/latest/High_1.csv", "1,other@a,,\n");
    assert_eq!(export.emails().await, ["a@a", "b@b"]);

    export.write("High/2020/08/25/0030/High_2.csv", "CustomerId,Email,Points,Born\n2,new@b,,\n");
    assert_eq!(export.emails().await, ["new@a", "new@b", "new@c"]);
}

#[tokio::test]
async fn a_dated_folder_or_file_that_links_outside_the_root_is_rejected() {
    let (folder, file) = ("High/2020/08/24/1433", "High/2020/08/24/1433/High_1.csv");
    for (link, target) in [(folder, ""), (file, "High_1.csv")] {
        let export = Export::new(&model(&Value::Null));
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("High_1.csv"), "1,a@a,,\n").unwrap();
        let path = export.folder.path().join(FOLDER).join(link);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(outside.path().join(target), path).unwrap();
        let message = export.refusal().await;
        assert!(message.contains("a link to a place outside"), "{message}");
    }
}

#[tokio::test]
async fn of_partitions_with_dates_the_newest_complete_set_counts() {
    let part = |date: &str, number: u32| {
        let settings = json!({"$type": "CsvFormatSettings"});
        let location = format!("High/{date}/High_{number}.csv");
        partition(&format!("{date}-{number}"), &location, &settings)
    };
    let (old, new) = ("2020/08/24/1433", "2020/08/25/1433");
    let export = Export::new(&model(&json!([part(old, 1), part(new, 1), part(new, 2)])))
        .with("High/2020/08/24/1433/High_1.csv", "1,old@a,,\n")
        .with("High/2020/08/25/1433/High_1.csv", "1,new@a,,\n");
    assert_eq!(export.emails().await, ["old@a"]);

    export.write("High/2020/08/25/1433/High_2.csv", "2,new@b,,\n");
    assert_eq!(export.emails().await, ["new@a", "new@b"]);
}

#[tokio::test]
async fn every_error_in_a_model_has_a_message() {
    let settings = json!({"$type": "CsvFormatSettings"});
    let with = |location: &str| model(&json!([partition("p1", location, &settings)]));
    let mut no_id = with("a.csv");
    no_id["entities"][1]["attributes"][0]["name"] = "Id".into();
    let mut long_names = with("a.csv");
    long_names["entities"][1]["attributes"][2]["name"] = "x".repeat(201).into();
    let mut zero = with("a.csv");
    zero["entities"][1]["attributes"][2]["name"] = "a\0b".into();
    let ways = (0..17).map(|way| {
        let delimiter = char::from(b'#' + way).to_string();
        let settings = json!({"$type": "CsvFormatSettings", "delimiter": delimiter});
        partition("p1", "a.csv", &settings)
    });
    let ways = model(&Value::Array(ways.collect()));
    let many = json!(vec![json!({"name": "p"}); 10_001]);
    let mut reference = with("a.csv");
    reference["entities"][1]["$type"] = "ReferenceEntity".into();
    for (model, expected) in [
        (json!({"entities": []}), "there is no entity \"High\"; the model has none"),
        (
            json!({"entities": [{"name": "Other"}]}),
            "there is no entity \"High\"; the model has \"Other\"",
        ),
        (
            json!({"name": "x"}),
            "this is not a valid model of the Common Data Model: missing field `entities`",
        ),
        (json!("nothing"), "this is not a valid model of the Common Data Model"),
        (no_id, "there is no attribute CustomerId"),
        (long_names, "attribute 3 has a name that is longer than 200 characters"),
        (zero, "attribute 3 has a control character in its name"),
        (with(&"a/".repeat(20_000)), "partition \"p1\": the address is longer than 4096 bytes"),
        (with(&"a/".repeat(2000)), "partition \"p1\": the address has more than 50 parts"),
        (ways, "its partitions are written in more than 16 ways"),
        (model(&many), "a list has more than 10000 items"),
        (json!({"entities": many}), "a list has more than 10000 items"),
        (reference, "only refers to another model"),
        (with("gone.csv"), "the file of partition \"p1\" is missing"),
        (with("../other.csv"), "partition \"p1\" is outside the folder of the model"),
        (with("%2e%2e/other.csv"), "is outside the folder of the model"),
        (with("https://example.com/a.csv"), "is outside the folder of the model"),
        (with("http://169.254.169.254/latest"), "is outside the folder of the model"),
        (with("file:///etc/passwd"), "is outside the folder of the model"),
        (model(&json!([{"name": "p1"}])), "partition \"p1\" has no location"),
        (model(&json!([])), "no export of the entity \"High\" is complete"),
    ] {
        let message = Export::new(&model).with("a.csv", "").refusal().await;
        assert!(message.contains(expected), "{message}");
    }
    let export = Export::new(&json!({}));
    fs::remove_file(export.folder.path().join(FOLDER).join("model.json")).unwrap();
    assert!(export.refusal().await.contains("there are no files at"), "no model");
}

#[tokio::test]
async fn a_file_that_does_not_fit_its_model_is_rejected_without_its_values() {
    let settings = json!({"$type": "CsvFormatSettings", "columnHeaders": true});
    let model = model(&json!([partition("p1", "High_1.csv", &settings)]));
    for (file, expected) in [
        ("1,ann@example.com,,\n", "line 1: the first line does not name the 4 expected columns"),
        ("CustomerId,Email,Points,Born\n1,ann@example.com\n", "line 2: the record has 2 fields"),
        ("CustomerId,Email,Points,Born\n,ann@example.com,,\n", "line 2: CustomerId is empty"),
    ] {
        let message = Export::new(&model).with("High_1.csv", file).refusal().await;
        assert!(message.contains(expected) && !message.contains("ann"), "{message}");
    }
}

#[tokio::test]
async fn partitions_may_be_parquet_that_has_what_the_model_names() {
    let part = |location: &str| json!({"name": location, "location": location});
    let mut model = model(&json!([part("High_1.parquet")]));
    model["entities"][1]["attributes"].as_array_mut().unwrap().truncate(2);
    let export = Export::new(&model).with("High_1.parquet", parquet_with(&[1, 2], "Email"));
    assert_eq!(export.emails().await, ["1@example.com", "2@example.com"]);

    export.write("High_1.parquet", parquet_with(&[1, 2], "Mail"));
    let message = export.refusal().await;
    assert!(message.contains("High_1.parquet: there is no column \"Email\""), "{message}");
}
