//! The fields of all files of a folder: columns may come and go between them, and change their types.

use std::collections::HashMap;

use super::{
    error::Error,
    field::{Field, FieldType},
    limits::FIELDS_MAX,
};

/// A column of one file.
pub(super) struct PartField {
    pub(super) field: Field,
    /// Whether the file has no value of it, and so no type.
    pub(super) is_empty: bool,
}

impl From<Field> for PartField {
    fn from(field: Field) -> Self {
        Self { field, is_empty: false }
    }
}

/// The fields of the files so far, in the order in which they first appear.
#[derive(Default)]
pub(super) struct FieldUnion {
    fields: Vec<Field>,
    index: HashMap<String, usize>,
    /// For each field whether a file had a type for it.
    is_typed: Vec<bool>,
}

impl FieldUnion {
    /// Adds the fields of a file.
    pub(super) fn add(&mut self, part: Vec<PartField>) -> Result<(), Error> {
        for PartField { field, is_empty } in part {
            match self.index.get(&field.name) {
                Some(&known) => self.merge(known, field, is_empty),
                None => self.push(field, is_empty)?,
            }
        }
        Ok(())
    }

    fn push(&mut self, field: Field, is_empty: bool) -> Result<(), Error> {
        if self.fields.len() == FIELDS_MAX {
            let message = format!("together the files have more than {FIELDS_MAX} columns");
            return Err(Error::invalid(None, message));
        }
        self.index.insert(field.name.clone(), self.fields.len());
        self.is_typed.push(!is_empty);
        self.fields.push(field);
        Ok(())
    }

    /// Every value is read as text, so values of two types are text.
    fn merge(&mut self, known: usize, part: Field, is_empty: bool) {
        let field = &mut self.fields[known];
        field.unmappable = field.unmappable.take().or(part.unmappable);
        if is_empty {
            return;
        }
        let is_first = !std::mem::replace(&mut self.is_typed[known], true);
        if is_first {
            field.r#type = part.r#type;
        } else if field.r#type != part.r#type {
            field.r#type = FieldType::String;
        }
    }

    pub(super) fn fields(self) -> Vec<Field> {
        self.fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FieldType::{Date, Number, String};

    fn part(name: &str, r#type: Option<FieldType>) -> PartField {
        let field = Field::new(name, r#type.unwrap_or(String));
        PartField { field, is_empty: r#type.is_none() }
    }

    #[test]
    fn columns_come_and_go_and_change_their_types() {
        for (types, expected) in [
            (vec![Some(Number), None, Some(Number)], Number),
            (vec![None, Some(Date)], Date),
            (vec![None, None], String),
            (vec![Some(Number), Some(Date)], String),
            (vec![Some(Number), Some(Date), Some(Number)], String),
        ] {
            let mut union = FieldUnion::default();
            for r#type in types {
                union.add(vec![part("a", r#type)]).unwrap();
            }
            union.add(vec![part("b", Some(Number))]).unwrap();
            assert_eq!(union.fields(), [Field::new("a", expected), Field::new("b", Number)]);
        }
    }

    #[test]
    fn what_one_file_cannot_read_is_unmappable_in_all() {
        let mut union = FieldUnion::default();
        union.add(vec![part("a", Some(Number))]).unwrap();
        union.add(vec![Field::unmappable("a", "it holds lists").into()]).unwrap();
        union.add(vec![part("a", Some(Number))]).unwrap();
        assert_eq!(union.fields()[0].unmappable.as_deref(), Some("it holds lists"));
    }

    #[test]
    fn many_files_together_have_no_more_columns_than_one() {
        let mut union = FieldUnion::default();
        for index in 0..FIELDS_MAX {
            union.add(vec![part(&index.to_string(), None)]).unwrap();
        }
        union.add(vec![part("0", None)]).unwrap();
        let error = union.add(vec![part("new", None)]).unwrap_err().to_string();
        assert!(error.contains("more than 1000 columns"), "{error}");
    }
}
