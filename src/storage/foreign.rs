//! Files of other kinds that people send by mistake, known by their first bytes, and what to do with each.

/// How much of the beginning and of the end of a file shows what it is, in bytes.
pub(super) const SHOWN_BYTES: u64 = 64 << 10;

const EXCEL: &str = "an Excel workbook: save it as \"CSV UTF-8\" and send that";
const ARCHIVE: &str = "an archive: unpack it and send the file in it";

/// What begins with these bytes.
const KINDS: [(&[u8], &str); 15] = [
    (b"\x1f\x8b", "gzip data: send it with the header `Content-Encoding: gzip`, or unpack it"),
    (b"PAR1\x15", "a Parquet file: send it as `application/vnd.apache.parquet`"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Excel workbook (.xls) or another document of Office: save it as \"CSV UTF-8\" and send that",
    ),
    (b"%PDF-", "a PDF document: export the data as CSV"),
    (b"{\\rtf", "a text document (RTF): save it as CSV in UTF-8"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data: unpack it, or compress it with gzip instead"),
    (b"BZh91AY&SY", "bzip2 data: unpack it, or compress it with gzip instead"),
    (b"\xfd7zXZ\0", "xz data: unpack it, or compress it with gzip instead"),
    (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (b"Rar!\x1a", ARCHIVE),
    (b"SQLite format 3\0", "an SQLite database: export the table as CSV"),
    (b"ARROW1", "an Arrow file: write it as Parquet"),
    (b"Obj\x01", "an Avro file: write it as Parquet"),
    (b"\x89PNG", "a picture: send the data as CSV"),
    (b"\xff\xd8\xff", "a picture: send the data as CSV"),
];

/// What lies in a zip archive, by a name in it.
const IN_ARCHIVES: [(&[u8], &str); 4] = [
    (b"xl/", EXCEL),
    (
        b"opendocument.spreadsheet",
        "a LibreOffice spreadsheet (ODS): save it as CSV in UTF-8 and send that",
    ),
    (b"word/", "a Word document: export the data as CSV"),
    (b"", ARCHIVE),
];

/// What text that begins so is, in small letters.
const TEXTS: [(&str, &str); 4] = [
    (
        "<!doctype html",
        "a web page (HTML), perhaps the page to sign in to where the file comes from: export the data as CSV",
    ),
    ("<html", "a web page (HTML): export the data as CSV"),
    ("<?xml", "an XML document: export the data as CSV"),
    (
        "<table",
        "a table of a web page (HTML), which Excel opens: save it as \"CSV UTF-8\" and send that",
    ),
];

/// What a file is that is no text, and what to do, by its beginning and its end; `None` for all others.
pub(super) fn kind(head: &[u8], tail: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        let is_in = |name: &[u8]| name.is_empty() || contains(head, name) || contains(tail, name);
        return IN_ARCHIVES.iter().find(|(name, _)| is_in(name)).map(|(_, kind)| *kind);
    }
    let known = KINDS.iter().find(|(bytes, _)| head.starts_with(bytes));
    known.map(|(_, kind)| *kind).or_else(|| kind_of_text(head))
}

fn kind_of_text(head: &[u8]) -> Option<&'static str> {
    let head = &head[..head.len().min(1 << 10)];
    let text = String::from_utf8_lossy(head).to_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with("--") && text.contains("content-disposition: form-data") {
        return Some(
            "a form: send the file itself as the body, as `curl --data-binary @FILE` does",
        );
    }
    TEXTS.iter().find(|(begin, _)| text.starts_with(begin)).map(|(_, kind)| *kind)
}

fn contains(bytes: &[u8], name: &[u8]) -> bool {
    bytes.windows(name.len()).any(|part| part == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_named_with_what_to_do() {
        let boundary = "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nCustomerId\r\n";
        for (head, tail, expected) in [
            (b"\x1f\x8b\x08".as_slice(), b"".as_slice(), Some("`Content-Encoding: gzip`")),
            (b"PK\x03\x04[Content_Types].xml", b"xl/workbook.xml", Some("an Excel workbook")),
            (b"PK\x03\x04xl/workbook.xml", b"", Some("save it as \"CSV UTF-8\"")),
            (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet", b"", Some("ODS")),
            (b"PK\x03\x04members.csv", b"members.csv", Some("an archive: unpack it")),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", Some(".xls")),
            (b"%PDF-1.7", b"", Some("PDF")),
            (b"\xef\xbb\xbf\r\n<!DOCTYPE html>", b"", Some("to sign in")),
            (b"<?xml version=\"1.0\"?>", b"", Some("XML")),
            (b"PAR1\x15", b"PAR1", Some("application/vnd.apache.parquet")),
            (boundary.as_bytes(), b"", Some("curl --data-binary")),
            (b"CustomerId,Email\n", b"", None),
            (b"PARENT,CustomerId\n", b"", None),
            (b"{\"CustomerId\":\"1\"}\n", b"", None),
            (b"", b"", None),
        ] {
            match (kind(head, tail), expected) {
                (Some(found), Some(expected)) => assert!(found.contains(expected), "{found}"),
                (found, expected) => assert_eq!(found, expected),
            }
        }
    }
}
