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
    /// For each field the number of the last file that has it.
    last: Vec<usize>,
    files: usize,
    /// The first file that has members.
    filled: Option<String>,
}

impl FieldUnion {
    /// Adds the fields of a file at a path, which has so many members.
    pub(super) fn add(&mut self, part: Vec<PartField>, path: &str, rows: u64) -> Result<(), Error> {
        self.files += 1;
        for PartField { field, is_empty } in part {
            match self.index.get(&field.name) {
                Some(&known) => self.merge(known, field, is_empty),
                None => self.push(field, is_empty)?,
            }
        }
        if rows > 0 {
            self.note_absent(path);
            self.filled.get_or_insert_with(|| path.to_owned());
        }
        Ok(())
    }

    fn note_absent(&mut self, path: &str) {
        let absent =
            self.fields.iter_mut().zip(&self.last).filter(|(_, last)| **last != self.files);
        for (field, _) in absent {
            field.absent_from.get_or_insert_with(|| path.to_owned());
        }
    }

    fn push(&mut self, field: Field, is_empty: bool) -> Result<(), Error> {
        if self.fields.len() == FIELDS_MAX {
            let message = format!("together the files have more than {FIELDS_MAX} columns");
            return Err(Error::invalid(None, message));
        }
        self.index.insert(field.name.clone(), self.fields.len());
        self.is_typed.push(!is_empty);
        self.last.push(self.files);
        self.fields.push(Field { absent_from: self.filled.clone(), ..field });
        Ok(())
    }

    /// Every value is read as text, so values of two types are text.
    fn merge(&mut self, known: usize, part: Field, is_empty: bool) {
        self.last[known] = self.files;
        let field = &mut self.fields[known];
        let hold_numbers = field.holds_numbers() || part.holds_numbers();
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
        field.has_numbers = hold_numbers && field.r#type != FieldType::Number;
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
                union.add(vec![part("a", r#type)], "1.csv", 0).unwrap();
            }
            union.add(vec![part("b", Some(Number))], "2.csv", 0).unwrap();
            let fields = union.fields();
            assert_eq!((fields[0].r#type, fields[1].r#type), (expected, Number));
        }
    }

    #[test]
    fn numbers_of_one_file_are_known_where_another_has_texts() {
        for (types, expected) in [
            (vec![Some(Number), Some(String)], true),
            (vec![Some(String), None, Some(Number)], true),
            (vec![Some(Number), Some(Date), Some(Date)], true),
            (vec![Some(Number), None], false),
            (vec![Some(String), Some(Date)], false),
        ] {
            let mut union = FieldUnion::default();
            for r#type in types.clone() {
                union.add(vec![part("a", r#type)], "1.parquet", 1).unwrap();
            }
            let field = &union.fields()[0];
            assert_eq!(field.has_numbers, expected, "{types:?}");
            assert_eq!(field.holds_numbers(), types.contains(&Some(Number)));
        }
    }

    #[test]
    fn a_field_names_the_first_file_that_has_members_and_not_the_field() {
        let names = |names: &[&str]| names.iter().map(|name| part(name, None)).collect();
        let mut union = FieldUnion::default();
        for (path, rows, fields) in [
            ("1.csv", 0, &["a"][..]),
            ("2.csv", 1, &["a", "b"]),
            ("3.csv", 1, &["a", "c"]),
            ("4.csv", 1, &["a"]),
        ] {
            union.add(names(fields), path, rows).unwrap();
        }
        let absent = union.fields().into_iter().map(|field| field.absent_from);
        let expected = [None, Some("3.csv".to_owned()), Some("2.csv".to_owned())];
        assert_eq!(absent.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_one_file_cannot_read_is_unmappable_in_all() {
        let mut union = FieldUnion::default();
        union.add(vec![part("a", Some(Number))], "1.csv", 1).unwrap();
        union.add(vec![Field::unmappable("a", "it holds lists").into()], "2.csv", 1).unwrap();
        union.add(vec![part("a", Some(Number))], "1.csv", 1).unwrap();
        assert_eq!(union.fields()[0].unmappable.as_deref(), Some("it holds lists"));
    }

    #[test]
    fn many_files_together_have_no_more_columns_than_one() {
        let mut union = FieldUnion::default();
        for index in 0..FIELDS_MAX {
            union.add(vec![part(&index.to_string(), None)], "1.csv", 1).unwrap();
        }
        union.add(vec![part("0", None)], "2.csv", 1).unwrap();
        let error = union.add(vec![part("new", None)], "3.csv", 1).unwrap_err().to_string();
        assert!(error.contains("more than 1000 columns"), "{error}");
    }
}
