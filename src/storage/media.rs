//! The media types of an upload, and how its sender says that it is written.

use serde::Deserialize;
use utoipa::ToSchema;

use super::csv::{Delimiter, Encoding, HeaderNames};

/// How an upload is written.
#[derive(Clone, Debug)]
pub struct UploadForm {
    /// Decides which of the readers gets it.
    pub media: Media,
    /// Whether the body is compressed with gzip.
    pub is_gzip: bool,
    /// What separates the values of CSV, where it is not a comma.
    pub delimiter: Option<Delimiter>,
    /// The names of the columns of CSV, where its first line is a member already.
    pub header: Option<HeaderNames>,
    /// Of the text, where it is not UTF-8; a byte order mark counts for more.
    pub encoding: Option<Encoding>,
    /// Whether the address says the media, because the content type does not.
    pub is_named: bool,
}

impl UploadForm {
    /// What to do with a parameter, before "the address": with `?` when it is the first one.
    pub(super) fn hint(&self, parameter: &str, is_there: bool) -> String {
        let is_plain = self.delimiter.is_none() && self.encoding.is_none() && self.header.is_none();
        match (is_there, is_plain && !self.is_named) {
            (true, _) => format!("write `{parameter}` in"),
            (false, true) => format!("add `?{parameter}` to"),
            (false, false) => format!("add `&{parameter}` to"),
        }
    }
}

impl From<Media> for UploadForm {
    fn from(media: Media) -> Self {
        Self {
            media,
            is_gzip: false,
            delimiter: None,
            header: None,
            encoding: None,
            is_named: false,
        }
    }
}

/// How members arrive in an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Media {
    /// `text/csv`
    Csv,
    /// `application/x-ndjson`
    Ndjson,
    /// `application/vnd.apache.parquet`
    Parquet,
}

/// The content type of any bytes: what they are is said elsewhere.
const ANY_BYTES: &str = "application/octet-stream";

impl Media {
    /// What the `Content-Type` of an upload says; `named` is what its address says, for a body of any bytes alone.
    pub(crate) fn of_upload(content_type: &str, named: Option<Self>) -> Option<Self> {
        let is_any = content_type.trim().eq_ignore_ascii_case(ANY_BYTES);
        if is_any { named } else { Self::from_content_type(content_type) }
    }

    /// Reads a `Content-Type`; `None` for any other media type, and for text that is not UTF-8.
    pub(crate) fn from_content_type(content_type: &str) -> Option<Self> {
        let mut parts = content_type.split(';').map(str::trim);
        let media = match parts.next()?.to_ascii_lowercase().as_str() {
            "text/csv" => Self::Csv,
            "application/x-ndjson" => Self::Ndjson,
            "application/vnd.apache.parquet" => Self::Parquet,
            _ => return None,
        };
        parts.all(is_utf8_or_no_charset).then_some(media)
    }
}

fn is_utf8_or_no_charset(parameter: &str) -> bool {
    match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            let value = value.trim().trim_matches('"');
            ["utf-8", "utf8", "us-ascii"].iter().any(|utf8| value.eq_ignore_ascii_case(utf8))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_tells_the_media() {
        for (content_type, media) in [
            ("text/csv", Some(Media::Csv)),
            ("Text/CSV; charset=\"UTF-8\"; header=present", Some(Media::Csv)),
            ("text/csv; charset=iso-8859-1", None),
            ("application/x-ndjson", Some(Media::Ndjson)),
            ("application/vnd.apache.parquet", Some(Media::Parquet)),
            ("application/json", None),
            ("", None),
        ] {
            assert_eq!(Media::from_content_type(content_type), media, "{content_type}");
        }
    }
}
