//! Reading one entity out of a `model.json`: its fields, and how its partitions are written.

use std::collections::BTreeMap;

use object_store::{ObjectStoreExt, path::Path};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::{
    column_names::ColumnNames,
    csv::{Delimiter, Dialect, Encoding, Quotes},
    error::Error,
    field::{CUSTOMER_ID, Field, FieldType},
    limits::FIELDS_MAX,
    notation::ColumnNotation,
    roots::{Location, Root},
};
use super::annotations::{self, Patterns};
use super::list::List;

const MODEL: &str = "model.json";
const MODEL_BYTES_MAX: u64 = 16 << 20;
/// The settings of CSV, the only ones that are supported.
const CSV_SETTINGS: &str = "CsvFormatSettings";
/// The most entities of a model, and the most attributes and partitions of an entity.
const ITEMS_MAX: usize = 10_000;
/// How many entities a message lists.
const LISTED_MAX: usize = 10;

/// Entities stay text: only the one that is asked for is read.
#[derive(Deserialize)]
struct Model<'a> {
    #[serde(borrow)]
    entities: List<&'a RawValue, ITEMS_MAX>,
    #[serde(borrow)]
    culture: Option<&'a RawValue>,
    #[serde(borrow)]
    annotations: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// An entity of a model.
#[derive(Deserialize)]
pub(in super::super) struct Entity {
    #[serde(rename = "$type")]
    r#type: Option<String>,
    pub(super) name: String,
    #[serde(default)]
    attributes: List<Attribute, ITEMS_MAX>,
    pub(super) partitions: Option<List<Partition, ITEMS_MAX>>,
    annotations: Option<Box<RawValue>>,
    /// That of the model; an entity has none of its own.
    #[serde(skip)]
    culture: Option<String>,
    /// Those of the annotations of the model.
    #[serde(skip)]
    patterns: Patterns,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attribute {
    name: String,
    data_type: String,
    annotations: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Partition {
    pub(super) name: String,
    pub(super) location: Option<String>,
    pub(super) file_format_settings: Option<FormatSettings>,
}

/// With the defaults of the published schema.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FormatSettings {
    #[serde(rename = "$type")]
    format: Option<String>,
    #[serde(default)]
    column_headers: bool,
    delimiter: Option<String>,
    quote_style: Option<String>,
    csv_style: Option<String>,
    encoding: Option<String>,
}

/// Reads one entity of the model in a folder.
pub(in super::super) async fn read(
    root: &Root,
    at: &Location,
    entity: &str,
) -> Result<Entity, Error> {
    let path: Path = at.path.parts().chain([MODEL.into()]).collect();
    let failed = |cause| Error::of_store(&path, cause);
    root.require_external(&path)?;
    let found = root.store.get(&path).await.map_err(failed)?;
    let invalid = |message: String| Error::invalid(None, message).in_file(path.as_ref());
    if found.meta.size > MODEL_BYTES_MAX {
        return Err(invalid(format!("the model is larger than {MODEL_BYTES_MAX} bytes")));
    }
    let bytes = found.bytes().await.map_err(failed)?;
    parse(&bytes, entity).map_err(invalid)
}

fn parse(bytes: &[u8], name: &str) -> Result<Entity, String> {
    let invalid = |cause| format!("this is not a valid model of the Common Data Model: {cause}");
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let model: Model<'_> = serde_json::from_slice(text).map_err(invalid)?;
    let mut names = Vec::new();
    for text in &*model.entities {
        let found: Named = serde_json::from_str(text.get()).map_err(invalid)?;
        if found.name == name {
            let entity: Entity = serde_json::from_str(text.get()).map_err(invalid)?;
            return required(entity.within(&model));
        }
        names.push(found.name);
    }
    Err(no_entity(name, &names))
}

/// An entity that has its own data.
fn required(entity: Entity) -> Result<Entity, String> {
    if entity.r#type.as_deref() != Some("ReferenceEntity") {
        return Ok(entity);
    }
    let name = &entity.name;
    Err(format!("the entity {name:?} only refers to another model; use the folder of that model"))
}

fn no_entity(name: &str, names: &[String]) -> String {
    if names.is_empty() {
        return format!("there is no entity {name:?}; the model has none");
    }
    let listed = names.iter().take(LISTED_MAX).map(|name| format!("{name:?}"));
    let listed = listed.collect::<Vec<_>>().join(", ");
    let more = if names.len() > LISTED_MAX { ", and others" } else { "" };
    format!("there is no entity {name:?}; the model has {listed}{more}")
}

impl Entity {
    fn within(self, model: &Model<'_>) -> Self {
        Self {
            culture: model.culture.and_then(annotations::text),
            patterns: Patterns::of(model.annotations),
            ..self
        }
    }

    /// The attributes whose values are written in another way than everything above reads them. The id is text.
    pub(in super::super) fn notations(&self) -> BTreeMap<String, ColumnNotation> {
        let outer = Patterns::of(self.annotations.as_deref()).or(&self.patterns);
        let notation = |attribute: &Attribute| {
            let patterns = Patterns::of(attribute.annotations.as_deref()).or(&outer);
            let found = patterns.notation(&attribute.data_type, self.culture.as_deref())?;
            (attribute.name != CUSTOMER_ID).then(|| (attribute.name.clone(), found))
        };
        self.attributes.iter().filter_map(notation).collect()
    }

    /// The fields of a segment whose members this entity holds.
    pub(in super::super) fn fields(&self) -> Result<Vec<Field>, Error> {
        let names = self.attributes.iter().map(|attribute| attribute.name.as_str());
        ColumnNames::check("attribute", names).map_err(|message| self.invalid(&message))?;
        let field = |attribute: &Attribute| {
            Field::new(attribute.name.clone(), field_type(&attribute.data_type))
        };
        let fields: Vec<_> = self.attributes.iter().map(field).collect();
        if !fields.iter().any(|field| field.name == CUSTOMER_ID) {
            let message =
                format!("there is no attribute {CUSTOMER_ID}; every segment must have one");
            return Err(self.invalid(&message));
        }
        if fields.len() > FIELDS_MAX {
            return Err(self.invalid(&format!("there are more than {FIELDS_MAX} attributes")));
        }
        Ok(fields)
    }

    pub(super) fn invalid(&self, message: &str) -> Error {
        Error::invalid(None, format!("{MODEL}, entity {:?}: {message}", self.name))
    }

    fn columns(&self) -> Vec<String> {
        self.attributes.iter().map(|attribute| attribute.name.clone()).collect()
    }

    /// How a partition with these settings is written. Without settings it is unknown whether there is a header.
    pub(super) fn dialect(&self, settings: Option<&FormatSettings>) -> Result<Dialect, Error> {
        let mut dialect = Dialect { columns: Some(self.columns()), ..Dialect::default() };
        let Some(settings) = settings else {
            return Ok(dialect);
        };
        if let Some(format) = settings.format.as_deref().filter(|name| *name != CSV_SETTINGS) {
            return Err(self.invalid(&format!("partitions with {format} are not supported")));
        }
        dialect.header = settings.column_headers;
        dialect.quotes = self.quotes(settings)?;
        if let Some(delimiter) = &settings.delimiter {
            let parsed = Delimiter::try_from(delimiter.clone());
            dialect.delimiter = parsed.map_err(|message| self.invalid(message))?;
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
                let message = format!("partitions with {quotes} and {style} are not supported");
                Err(self.invalid(&message))
            }
        }
    }

    /// Not in the published schema; some tools write it.
    fn encoding(&self, settings: &FormatSettings) -> Result<Encoding, Error> {
        match settings.encoding.as_deref() {
            // A part of UTF-8 here, and of a code page for the web.
            None | Some("us-ascii") => Ok(Encoding::default()),
            Some(name) => Encoding::try_from(name.to_owned()).map_err(|_| {
                self.invalid(&format!("partitions in the encoding {name} are not supported"))
            }),
        }
    }
}

/// What is of another type is still text in a file.
fn field_type(data_type: &str) -> FieldType {
    match data_type {
        "int64" | "double" | "decimal" => FieldType::Number,
        "boolean" => FieldType::Boolean,
        "date" | "dateTime" | "dateTimeOffset" => FieldType::Date,
        _ => FieldType::String,
    }
}
