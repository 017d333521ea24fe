//! Characters that are written as two escapes, `\ud842\udfb7`, as Python's `json.dumps` writes them.
//!
//! The decoder of Arrow (60.1) turns half of these pairs into other characters, so they become UTF-8 before it sees
//! them. Lone halves never come so far: the check of the lines refuses them.

use std::io::{self, BufRead, Read};

/// How long one escape is, such as `\ud842`.
const ESCAPE_BYTES: usize = 6;

/// Whether a line may have such an escape.
pub(super) fn may_be_in(line: &str) -> bool {
    line.contains("\\ud") || line.contains("\\uD")
}

/// Lines in which every pair of escapes has become its character.
pub(super) struct Paired<R> {
    lines: R,
    line: Vec<u8>,
    at: usize,
}

impl<R> Paired<R> {
    pub(super) const fn new(lines: R) -> Self {
        Self { lines, line: Vec::new(), at: 0 }
    }
}

impl<R: BufRead> BufRead for Paired<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.line.len() {
            (self.at, self.line) = (0, Vec::new());
            self.lines.read_until(b'\n', &mut self.line)?;
            self.line = paired(std::mem::take(&mut self.line));
        }
        Ok(&self.line[self.at..])
    }

    fn consume(&mut self, bytes: usize) {
        self.at += bytes;
    }
}

impl<R: BufRead> Read for Paired<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

/// A line of JSON with its pairs as UTF-8, which is shorter.
fn paired(line: Vec<u8>) -> Vec<u8> {
    if !std::str::from_utf8(&line).is_ok_and(may_be_in) {
        return line;
    }
    let mut text = Vec::with_capacity(line.len());
    let mut rest = line.as_slice();
    while let Some(before) = rest.iter().position(|&byte| byte == b'\\') {
        let (plain, escape) = rest.split_at(before);
        text.extend_from_slice(plain);
        rest = if let Some(character) = pair(escape) {
            text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            &escape[2 * ESCAPE_BYTES..]
        } else {
            // A backslash and what it escapes, which may be a backslash too.
            let (copied, after) = escape.split_at(escape.len().min(2));
            text.extend_from_slice(copied);
            after
        };
    }
    text.extend_from_slice(rest);
    text
}

/// The character of two escapes at the beginning of a text.
fn pair(text: &[u8]) -> Option<char> {
    let units = [unit(text)?, unit(text.get(ESCAPE_BYTES..)?)?];
    let mut characters = char::decode_utf16(units);
    let first = characters.next()?.ok()?;
    // Two units that are a character each stay as they are.
    characters.next().is_none().then_some(first)
}

/// The number in an escape.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.get(..ESCAPE_BYTES)?.strip_prefix(b"\\u")?;
    let is_number = digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_number)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::sync::Arc;

    use arrow_array::cast::AsArray;
    use arrow_schema::{DataType, Field, Schema};

    use super::*;

    fn read(line: &str) -> String {
        let mut text = String::new();
        Paired::new(line.as_bytes()).read_to_string(&mut text).unwrap();
        text
    }

    fn escaped(mut line: String, character: char) -> String {
        for unit in character.encode_utf16(&mut [0; 2]) {
            write!(line, "\\u{unit:04x}").unwrap();
        }
        line
    }

    #[test]
    fn every_character_beyond_the_basic_plane_is_what_serde_json_reads() {
        let characters: Vec<char> = ('\u{10000}'..=char::MAX).collect();
        for characters in characters.chunks(4096) {
            let line = characters.iter().copied().fold("\"".to_owned(), escaped) + "\"";
            let expected: String = serde_json::from_str(&line).unwrap();
            assert_eq!(read(&line), format!("\"{expected}\""));
        }
    }

    #[test]
    fn other_escapes_stay_as_they_are() {
        for line in [
            r#""\\ud842\\udfb7""#,
            r#""\\\ud842x""#,
            r#""\u0041\ud7ff\ue000""#,
            r#""\udfb7\ud842""#,
            r#""\ud842\udfbg""#,
            r#""\ud842\u""#,
            "\\",
            "",
        ] {
            assert_eq!(read(line), line);
        }
        assert_eq!(read("\"\\\\\\uD842\\uDFB7\"\n\"a\"\n"), "\"\\\\\u{20bb7}\"\n\"a\"\n");
    }

    /// When this fails, the library is mended: remove this file and read the lines as they are.
    #[test]
    fn the_library_still_reads_another_character() {
        let schema = Schema::new(vec![Field::new("a", DataType::Utf8, true)]);
        let lines = r#"{"a": "\ud842\udfb7"}"#.as_bytes();
        let mut batches = arrow_json::ReaderBuilder::new(Arc::new(schema)).build(lines).unwrap();
        let batch = batches.next().unwrap().unwrap();
        assert_ne!(batch["a"].as_string::<i32>().value(0), "\u{20bb7}");
    }
}
