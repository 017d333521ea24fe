//! The files of `console/dist`: in the program if they were there when it was built. A debug build reads the folder.

use std::borrow::Cow;

use actix_web::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, ContentEncoding, HeaderValue, VARY,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "console/dist"]
#[allow_missing = true]
struct Files;

/// A file as it goes to the browser.
pub(super) struct File {
    bytes: Cow<'static, [u8]>,
    content_type: &'static str,
    compressed: bool,
}

impl File {
    /// The compressed copy, if there is one and the browser reads it.
    pub fn find(name: &str, gzip: bool) -> Option<Self> {
        let content_type = content_type(name)?;
        let copy = gzip.then(|| Files::get(&format!("{name}.gz"))).flatten();
        let compressed = copy.is_some();
        let file = copy.or_else(|| Files::get(name))?;
        Some(Self { bytes: file.data, content_type, compressed })
    }

    pub fn answer(self, mut response: HttpResponseBuilder) -> HttpResponse {
        response.insert_header((VARY, HeaderValue::from_static("accept-encoding")));
        if self.compressed {
            response.insert_header((CONTENT_ENCODING, ContentEncoding::Gzip));
        }
        response.content_type(self.content_type).body(self.bytes.into_owned())
    }
}

/// The types that the build of the console writes, and no others.
fn content_type(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    match ending {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// Whether the browser reads gzip. `gzip;q=0` says that it does not.
pub(super) fn accepts_gzip(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.unwrap_or_default().split(',').any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim() == "gzip" && !matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_browser_that_refuses_gzip_gets_none() {
        for (accepted, reads) in
            [("gzip, br", true), ("br;q=1, gzip;q=0.5", true), ("gzip;q=0", false), ("br", false)]
        {
            let request = TestRequest::get().insert_header((ACCEPT_ENCODING, accepted));
            assert_eq!(accepts_gzip(&request.to_http_request()), reads, "{accepted}");
        }
    }

    #[test]
    fn only_files_of_known_types_are_found() {
        for name in ["../Cargo.toml", "assets/../../package.json", "/etc/passwd", ".gitignore", "x"]
        {
            assert!(File::find(name, false).is_none(), "{name}");
        }
    }
}
