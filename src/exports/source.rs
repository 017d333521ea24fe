//! Where a value of a subscriber comes from: a field of the profile, the same text for everybody, or a template.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::documented::documented_as;
use super::field_name::FieldName;

const CONSTANT_CHARS_MAX: usize = 250;
const TEMPLATE_CHARS_MAX: usize = 1000;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SourceForm", into = "SourceForm")]
pub enum ValueSource {
    /// A field of the profile.
    Field(FieldName),
    /// The same text for every profile.
    Constant(Constant),
    /// A text with fields in it.
    Template(Template),
}

/// A source, as callers name it: exactly one of these members.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceForm {
    /// A field of the profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = FieldName, required = false)]
    pub field: Option<FieldName>,
    /// The same text for every profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Constant, required = false)]
    pub constant: Option<Constant>,
    /// A text with fields in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Template, required = false)]
    pub template: Option<Template>,
}

documented_as!(ValueSource, SourceForm);

impl TryFrom<SourceForm> for ValueSource {
    type Error = &'static str;

    fn try_from(form: SourceForm) -> Result<Self, Self::Error> {
        match (form.field, form.constant, form.template) {
            (Some(field), None, None) => Ok(Self::Field(field)),
            (None, Some(constant), None) => Ok(Self::Constant(constant)),
            (None, None, Some(template)) => Ok(Self::Template(template)),
            (None, None, None) => Err("missing field `field`"),
            _ => Err("it needs exactly one of field, constant and template"),
        }
    }
}

impl From<ValueSource> for SourceForm {
    fn from(source: ValueSource) -> Self {
        let none = Self::default();
        match source {
            ValueSource::Field(field) => Self { field: Some(field), ..none },
            ValueSource::Constant(constant) => Self { constant: Some(constant), ..none },
            ValueSource::Template(template) => Self { template: Some(template), ..none },
        }
    }
}

impl ValueSource {
    /// The fields it reads, and the member that names them.
    pub(super) fn fields(&self) -> (&'static str, Vec<&FieldName>) {
        match self {
            Self::Field(field) => ("field", vec![field]),
            Self::Constant(_) => ("constant", vec![]),
            Self::Template(template) => ("template", template.fields().collect()),
        }
    }

    /// What a value comes from, as people see it: a field, a template as it is written, or nothing of the profile.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Field(field) => field.as_str().to_owned(),
            Self::Template(template) => template.to_string(),
            Self::Constant(_) => String::new(),
        }
    }

    /// Whether a value is made of several fields, so that one that is empty makes another value of the rest.
    pub(super) const fn is_composed(&self) -> bool {
        matches!(self, Self::Template(_))
    }
}

/// The same text for every profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, min_length = 1, max_length = 250, pattern = r"^[^\x00]+$", example = "Loyalty")]
pub struct Constant(String);

impl TryFrom<String> for Constant {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = (1..=CONSTANT_CHARS_MAX).contains(&text.chars().count());
        let fits = fits && !text.contains('\0') && !text.trim().is_empty();
        fits.then_some(Self(text)).ok_or("a constant has 1 to 250 characters")
    }
}

impl Constant {
    /// The text as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A text with fields of the profile in it: `{{FirstName}} {{LastName}}`, `{{City|-}}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(
    value_type = String,
    min_length = 5,
    max_length = 1000,
    pattern = r"\{\{[^\x00]+\}\}",
    example = "{{FirstName}} {{LastName}}",
)]
pub struct Template(Vec<TemplatePiece>);

/// What a template is made of, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePiece {
    /// Sent as it is.
    Text(String),
    /// A field, and what stands there where it is empty.
    Field(FieldName, Option<String>),
}

impl TryFrom<String> for Template {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = text.chars().count() <= TEMPLATE_CHARS_MAX && !text.contains('\0');
        let template = fits.then(|| pieces(&text)).flatten().map(Self);
        template.filter(|template| template.fields().next().is_some()).ok_or(
            "a template names fields in double braces, such as {{City}} or {{City|-}}, in up to 1000 characters",
        )
    }
}

/// `None` when a brace is not closed, or what stands in braces is no name.
fn pieces(text: &str) -> Option<Vec<TemplatePiece>> {
    let mut pieces = vec![];
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once("{{") {
        if !before.is_empty() {
            pieces.push(TemplatePiece::Text(before.to_owned()));
        }
        let (inside, after) = inside.split_once("}}")?;
        let (name, default) = match inside.split_once('|') {
            Some((name, default)) => (name, Some(default.to_owned())),
            None => (inside, None),
        };
        let field = FieldName::try_from(name.trim().to_owned()).ok()?;
        pieces.push(TemplatePiece::Field(field, default));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(TemplatePiece::Text(rest.to_owned()));
    }
    (!rest.contains("}}")).then_some(pieces)
}

impl Template {
    /// In the order in which they are written.
    #[must_use]
    pub fn pieces(&self) -> &[TemplatePiece] {
        &self.0
    }

    fn fields(&self) -> impl Iterator<Item = &FieldName> {
        self.0.iter().filter_map(|piece| match piece {
            TemplatePiece::Field(field, _) => Some(field),
            TemplatePiece::Text(_) => None,
        })
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            TemplatePiece::Text(text) => f.write_str(text),
            TemplatePiece::Field(field, None) => write!(f, "{{{{{}}}}}", field.as_str()),
            TemplatePiece::Field(field, Some(default)) => {
                write!(f, "{{{{{}|{default}}}}}", field.as_str())
            }
        })
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_names_its_fields_in_double_braces() {
        let template = |text: &str| Template::try_from(text.to_owned());
        let known = template("Dear {{ First Name }} of {{City|-}}!").unwrap();
        let fields: Vec<_> = known.fields().map(FieldName::as_str).collect();
        assert_eq!(fields, ["First Name", "City"]);
        assert_eq!(known.to_string(), "Dear {{First Name}} of {{City|-}}!");
        for text in ["", "no field", "{{City", "City}}", "{{}}", "{{City}} }}", "{{ |x}}"] {
            assert!(template(text).is_err(), "{text}");
        }
    }
}
