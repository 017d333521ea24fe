//! The `model.json` of the Common Data Model that Customer Insights writes beside its data: which entities there are,
//! their attributes, and where their partitions lie.
//!
//! The shape is that of the schema which Microsoft publishes for `model.json` (version 1.0). Members that are not read
//! here may be anything.

mod exports;
mod partitions;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use object_store::{ObjectStoreExt, path::Path};
use serde::Deserialize;

use super::{
    CUSTOMER_ID, Dialect, Error, FIELDS_MAX, Field, FieldType, Location,
    csv::{Delimiter, Encoding, Quotes},
    roots::Root,
};
pub(super) use partitions::{Parts, find};

const MODEL: &str = "model.json";
const MODEL_BYTES_MAX: u64 = 16 << 20;
/// How many entities a message names.
const NAMED_MAX: usize = 10;

#[derive(Deserialize)]
struct Model {
    entities: Vec<Entity>,
}

/// What a model says about an entity.
#[derive(Deserialize)]
pub(super) struct Entity {
    #[serde(rename = "$type")]
    kind: Option<String>,
    name: String,
    #[serde(default)]
    attributes: Vec<Attribute>,
    partitions: Option<Vec<Partition>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attribute {
    name: String,
    data_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Partition {
    name: String,
    location: Option<String>,
    file_format_settings: Option<FormatSettings>,
}

/// Defaults as the published schema has them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FormatSettings {
    #[serde(rename = "$type")]
    kind: Option<String>,
    #[serde(default)]
    column_headers: bool,
    delimiter: Option<String>,
    quote_style: Option<String>,
    csv_style: Option<String>,
    encoding: Option<String>,
}

/// Reads the model in a folder, and takes one entity out of it.
pub(super) async fn read(root: &Root, at: &Location, entity: &str) -> Result<Entity, Error> {
    let path: Path = at.path.parts().chain([MODEL.into()]).collect();
    let failed = |cause| Error::of_store(&path, cause);
    let found = root.store.get(&path).await.map_err(failed)?;
    let refuse = |message: String| Err(Error::invalid(None, message).in_file(path.as_ref()));
    root.admit(&path)?;
    if found.meta.size > MODEL_BYTES_MAX {
        return refuse(format!("the model is larger than {MODEL_BYTES_MAX} bytes"));
    }
    let bytes = found.bytes().await.map_err(failed)?;
    parse(&bytes, entity).map_err(|message| Error::invalid(None, message).in_file(path.as_ref()))
}

fn parse(bytes: &[u8], name: &str) -> Result<Entity, String> {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let model: Model = serde_json::from_slice(text)
        .map_err(|cause| format!("this is no model of the Common Data Model: {cause}"))?;
    let names: Vec<String> = model.entities.iter().map(|entity| entity.name.clone()).collect();
    let found = model.entities.into_iter().find(|entity| entity.name == name);
    let entity = found.ok_or_else(|| no_entity(name, &names))?;
    if entity.kind.as_deref() == Some("ReferenceEntity") {
        return Err(format!("the entity {name:?} only refers to another model; name that folder"));
    }
    Ok(entity)
}

fn no_entity(name: &str, names: &[String]) -> String {
    let some = names.iter().take(NAMED_MAX).map(|name| format!("{name:?}"));
    let some = some.collect::<Vec<_>>().join(", ");
    let more = if names.len() > NAMED_MAX { ", and others" } else { "" };
    format!("there is no entity {name:?}; the model has {some}{more}")
}

impl Entity {
    /// The fields of a segment whose members this entity holds.
    pub(super) fn fields(&self) -> Result<Vec<Field>, Error> {
        let mut seen = HashSet::new();
        let fields = self.attributes.iter().map(|attribute| {
            let name = attribute.name.clone();
            if name.trim().is_empty() || !seen.insert(name.clone()) {
                return Err(self.wrong(&format!("attribute {name:?} has no name or stands twice")));
            }
            Ok(Field { name, r#type: self.field_type(attribute)? })
        });
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        if !fields.iter().any(|field| field.name == CUSTOMER_ID) {
            let message =
                format!("there is no attribute {CUSTOMER_ID}, which every segment must have");
            return Err(self.wrong(&message));
        }
        if fields.len() > FIELDS_MAX {
            return Err(self.wrong(&format!("there are more than {FIELDS_MAX} attributes")));
        }
        Ok(fields)
    }

    fn field_type(&self, attribute: &Attribute) -> Result<FieldType, Error> {
        match attribute.data_type.as_str() {
            "string" | "unclassified" | "guid" | "json" | "time" => Ok(FieldType::String),
            "int64" | "double" | "decimal" => Ok(FieldType::Number),
            "boolean" => Ok(FieldType::Boolean),
            "date" | "dateTime" | "dateTimeOffset" => Ok(FieldType::Date),
            other => {
                let Attribute { name, .. } = attribute;
                Err(self.wrong(&format!("attribute {name:?} is of the unknown type {other:?}")))
            }
        }
    }

    fn wrong(&self, message: &str) -> Error {
        Error::invalid(None, format!("{MODEL}, entity {:?}: {message}", self.name))
    }

    fn columns(&self) -> Vec<String> {
        self.attributes.iter().map(|attribute| attribute.name.clone()).collect()
    }

    /// How a partition with these settings is written. Without settings nobody says whether there is a header.
    fn dialect(&self, settings: Option<&FormatSettings>) -> Result<Dialect, Error> {
        let mut dialect = Dialect { columns: Some(self.columns()), ..Dialect::default() };
        let Some(settings) = settings else {
            return Ok(dialect);
        };
        if settings.kind.as_deref().is_some_and(|kind| kind != "CsvFormatSettings") {
            return Err(self.wrong(&format!("partitions in {:?} are not read", settings.kind)));
        }
        dialect.header = settings.column_headers;
        dialect.quotes = self.quotes(settings)?;
        if let Some(delimiter) = &settings.delimiter {
            let parsed = Delimiter::try_from(delimiter.clone());
            dialect.delimiter = parsed.map_err(|message| self.wrong(message))?;
        }
        dialect.encoding = self.encoding(settings)?;
        Ok(dialect)
    }

    fn quotes(&self, settings: &FormatSettings) -> Result<Quotes, Error> {
        let (quotes, style) = (settings.quote_style.as_deref(), settings.csv_style.as_deref());
        match (quotes.unwrap_or("QuoteStyle.Csv"), style.unwrap_or("CsvStyle.QuoteAlways")) {
            ("QuoteStyle.None", _) => Ok(Quotes::None),
            ("QuoteStyle.Csv", "CsvStyle.QuoteAlways") => Ok(Quotes::Strict),
            ("QuoteStyle.Csv", "CsvStyle.QuoteAfterDelimiter") => Ok(Quotes::AfterDelimiter),
            (quotes, style) => {
                Err(self.wrong(&format!("partitions with {quotes:?} and {style:?} are not read")))
            }
        }
    }

    /// Not in the published schema, but written by some tools.
    fn encoding(&self, settings: &FormatSettings) -> Result<Encoding, Error> {
        let Some(name) = settings.encoding.as_deref() else {
            return Ok(Encoding::Utf8);
        };
        match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" | "us-ascii" => Ok(Encoding::Utf8),
            "utf-16" | "utf-16le" => Ok(Encoding::Utf16le),
            "utf-16be" => Ok(Encoding::Utf16be),
            "windows-1252" | "iso-8859-1" => Ok(Encoding::Windows1252),
            _ => Err(self.wrong(&format!("partitions in the encoding {name:?} are not read"))),
        }
    }
}
