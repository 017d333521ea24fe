//! Where a part of a subscriber comes from: a column, the same text for everybody, or a template.

use std::borrow::Cow;

/// The values of a page, as text.
pub trait Cells {
    /// The value in a column and a row; `None` when it is empty.
    fn get(&self, column: usize, row: usize) -> Option<&str>;

    /// The same value as it is written, also where it is a word that stands for nothing.
    fn written(&self, column: usize, row: usize) -> Option<&str> {
        self.get(column, row)
    }

    /// Whether the data says that its numbers and days are written in another way than this value is.
    fn is_unreadable(&self, _column: usize, _row: usize) -> bool {
        false
    }
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub enum Source {
    Column(usize),
    Constant(String),
    Template(Vec<TemplatePart>),
}

/// What a template is made of, one after the other.
#[derive(Clone, Debug)]
pub enum TemplatePart {
    Text(String),
    /// A column, and what stands there when it is empty; an empty text is nothing.
    Column(usize, Option<String>),
}

impl TemplatePart {
    /// What stands there in a row; `None` when nothing does.
    fn value<'a>(&'a self, page: &'a dyn Cells, row: usize) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Column(column, otherwise) => {
                let otherwise = otherwise.as_deref().filter(|text| !text.is_empty());
                page.get(*column, row).or(otherwise)
            }
        }
    }

    fn is_doubtful(&self, page: &dyn Cells, row: usize) -> bool {
        let is_unreadable =
            matches!(self, Self::Column(column, _) if page.is_unreadable(*column, row));
        is_unreadable || self.value(page, row).is_none()
    }
}

impl Source {
    /// The value of a row; `None` when it is empty.
    pub fn read<'a>(&'a self, page: &'a dyn Cells, row: usize) -> Option<Cow<'a, str>> {
        match self {
            Self::Column(column) => page.get(*column, row).map(Cow::Borrowed),
            Self::Constant(text) => Some(Cow::Borrowed(text)),
            Self::Template(parts) => filled(parts, page, row).map(Cow::Owned),
        }
    }

    /// Whether a number or a day would be another one than is meant: a template has no value for one of its parts, or
    /// the data says that its numbers and days are written in another way.
    pub fn is_doubtful(&self, page: &dyn Cells, row: usize) -> bool {
        match self {
            Self::Column(column) => page.is_unreadable(*column, row),
            Self::Constant(_) => false,
            Self::Template(parts) => parts.iter().any(|part| part.is_doubtful(page, row)),
        }
    }
}

/// How long a filled template may be, in bytes; more is cut before anything is made of it. No field of Campaign Monitor
/// takes more than 250 characters of text.
const FILLED_BYTES_MAX: usize = 8 << 10;
/// Room for a filled template to start with.
const FILLED_BYTES_USUAL: usize = 64;

/// The template with its values; `None` when nothing but its own text is left. Blanks around an empty value go with it.
fn filled(parts: &[TemplatePart], page: &dyn Cells, row: usize) -> Option<String> {
    let mut text = String::with_capacity(FILLED_BYTES_USUAL);
    let mut has_value = false;
    for part in parts {
        let value = part.value(page, row);
        has_value |= value.is_some() && matches!(part, TemplatePart::Column(..));
        let part = value.unwrap_or_default();
        let is_joined = text.is_empty() || text.ends_with(' ');
        push(&mut text, if is_joined { part.trim_start_matches(' ') } else { part });
    }
    let trimmed = text.trim();
    if !has_value || trimmed.is_empty() {
        return None;
    }
    Some(if trimmed.len() == text.len() { text } else { trimmed.to_owned() })
}

/// Adds as much of a part as there is room for.
fn push(text: &mut String, part: &str) {
    let room = FILLED_BYTES_MAX - text.len();
    text.push_str(&part[..part.floor_char_boundary(room)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row([&'static str; 2]);

    impl Cells for Row {
        fn get(&self, column: usize, _row: usize) -> Option<&str> {
            Some(self.0[column]).filter(|text| !text.is_empty())
        }
    }

    #[test]
    fn a_template_that_repeats_a_long_value_is_cut_before_it_fills_memory() {
        let long: &'static str = "ā".repeat(500_000).leak();
        let parts = vec![TemplatePart::Column(0, None); 200];
        let filled = filled(&parts, &Row([long, ""]), 0).unwrap();
        assert_eq!(filled, "ā".repeat(4096));
    }

    #[test]
    fn a_template_is_filled_and_leaves_no_gap_where_a_value_is_empty() {
        let text = |text: &str| TemplatePart::Text(text.into());
        let names = [TemplatePart::Column(0, None), text(" "), TemplatePart::Column(1, None)];
        let city = [text("City: "), TemplatePart::Column(1, Some("-".into()))];
        let dear = [text("Dear "), TemplatePart::Column(0, Some(String::new()))];
        for (parts, row, expected) in [
            (&names[..], ["Ann", "Lee"], Some("Ann Lee")),
            (&names[..], ["Ann", ""], Some("Ann")),
            (&names[..], ["", "Lee"], Some("Lee")),
            (&names[..], ["", ""], None),
            (&city[..], ["", "Riga"], Some("City: Riga")),
            (&city[..], ["", ""], Some("City: -")),
            (&dear[..], ["Ann", ""], Some("Dear Ann")),
            (&dear[..], ["", ""], None),
        ] {
            assert_eq!(filled(parts, &Row(row), 0).as_deref(), expected);
        }
    }
}
