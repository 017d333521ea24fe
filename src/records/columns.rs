//! The columns of a page, read as text.

use arrow_array::{Array, RecordBatch, StringArray};

use crate::campaign_monitor::{Cells, is_invisible};
use crate::storage::without_mark;

/// Every page has the customer id in its first column, and the address in its second.
pub const CUSTOMER_ID_COLUMN: usize = 0;
pub const EMAIL_COLUMN: usize = 1;

/// Which values are empty, and whether blanks around the others stay.
#[derive(Clone, Debug, Default)]
pub struct Blanks {
    /// Words that stand for nothing.
    pub null_words: Vec<String>,
    pub keep: bool,
}

/// As usual: no word stands for nothing, and blanks are removed.
const USUAL: &Blanks = &Blanks { null_words: Vec::new(), keep: false };

/// The columns of one page, each read as text.
pub struct Columns<'a> {
    texts: Vec<&'a StringArray>,
    blanks: &'a Blanks,
}

impl<'a> Columns<'a> {
    /// The columns of a page that the storage has turned into text.
    pub fn of(page: &'a RecordBatch) -> Self {
        Self::with(page, USUAL)
    }

    pub fn with(page: &'a RecordBatch, blanks: &'a Blanks) -> Self {
        let texts = page.columns().iter().map(arrow_array::cast::AsArray::as_string::<i32>);
        Self { texts: texts.collect(), blanks }
    }

    /// A value without blanks around it; `None` when nothing is left, or a word that stands for nothing.
    pub fn get(&self, column: usize, row: usize) -> Option<&'a str> {
        self.written(column, row).filter(|text| !self.is_nothing(text))
    }

    /// A value without blanks around it, also a word that stands for nothing. Where nothing can be seen, there is none.
    pub fn written(&self, column: usize, row: usize) -> Option<&'a str> {
        let text = self.value(column, row)?.trim();
        text.contains(|letter| !is_invisible(letter)).then_some(text)
    }

    /// A value with the blanks around it; `None` when it has nothing else, or is a word that stands for nothing.
    fn untrimmed(&self, column: usize, row: usize) -> Option<&'a str> {
        self.get(column, row).and_then(|_| self.value(column, row))
    }

    /// Characters that nobody sees make no other word.
    fn is_nothing(&self, text: &str) -> bool {
        self.blanks.null_words.iter().any(|word| visible(word).eq(visible(text)))
    }

    fn value(&self, column: usize, row: usize) -> Option<&'a str> {
        Some(self.marked(column, row)?.0)
    }

    /// A value, and whether its file cannot mean it as a number or a day.
    fn marked(&self, column: usize, row: usize) -> Option<(&'a str, bool)> {
        let texts = self.texts[column];
        (!texts.is_null(row)).then(|| without_mark(texts.value(row)))
    }
}

fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|letter| !is_invisible(*letter))
}

impl Cells for Columns<'_> {
    fn get(&self, column: usize, row: usize) -> Option<&str> {
        if self.blanks.keep && column > EMAIL_COLUMN {
            self.untrimmed(column, row)
        } else {
            self.get(column, row)
        }
    }

    fn written(&self, column: usize, row: usize) -> Option<&str> {
        self.written(column, row)
    }

    fn is_unreadable(&self, column: usize, row: usize) -> bool {
        self.marked(column, row).is_some_and(|(_, is_unreadable)| is_unreadable)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::ArrayRef;

    use super::*;

    fn page(text: &str) -> RecordBatch {
        let array = || Arc::new(StringArray::from(vec![text])) as ArrayRef;
        RecordBatch::try_from_iter(["0", "1", "2"].map(|name| (name, array()))).unwrap()
    }

    #[test]
    fn blanks_are_removed_unless_they_stay_and_never_around_an_address() {
        let page = page(" Ann ");
        let keep = Blanks { keep: true, ..Blanks::default() };
        assert_eq!(Cells::get(&Columns::of(&page), 2, 0), Some("Ann"));
        let kept = Columns::with(&page, &keep);
        assert_eq!(Cells::get(&kept, 2, 0), Some(" Ann "));
        assert_eq!(Cells::get(&kept, EMAIL_COLUMN, 0), Some("Ann"));
    }

    #[test]
    fn a_value_with_a_mark_is_shown_without_it_and_known_as_unreadable() {
        let page = page("\0\u{fdd0} 1.5");
        let keep = Blanks { keep: true, ..Blanks::default() };
        for (columns, expected) in
            [(Columns::of(&page), "1.5"), (Columns::with(&page, &keep), " 1.5")]
        {
            assert_eq!(Cells::get(&columns, 2, 0), Some(expected));
            assert!(columns.is_unreadable(2, 0));
        }
    }

    #[test]
    fn a_word_that_stands_for_nothing_is_nothing_in_exactly_these_letters() {
        let blanks = Blanks { null_words: vec!["NULL".into()], keep: true };
        for (text, expected) in [
            ("NULL", None),
            (" NULL ", None),
            ("  ", None),
            ("null", Some("null")),
            ("NULL\u{200b}", None),
        ] {
            let page = page(text);
            let columns = Columns::with(&page, &blanks);
            assert_eq!(Cells::get(&columns, 2, 0), expected, "{text}");
            let written = Some(text.trim()).filter(|text| !text.is_empty());
            assert_eq!(Cells::written(&columns, 2, 0), written, "it is still there to be read");
        }
    }
}
