//! The values in a sentence about stored members: the line, the file, the limit. What has no name of its own is the
//! cause, in English.

use crate::params::Params;
use crate::storage::Error;

/// What the sentence of an error of the storage names.
pub fn named(error: &Error) -> Params {
    let params = Params::default();
    match error {
        Error::OutsideRoots { roots } | Error::OutsideWritable { roots } => {
            params.with("roots", roots.as_str())
        }
        Error::NoSuchRoot { name } | Error::NotWritable { name } => params.with("root", &**name),
        Error::NoSuchSource { name }
        | Error::SourceUnavailable { name, .. }
        | Error::SourceRefused { name, .. } => params.with("dataSource", name.as_str()),
        Error::NotFound { path } | Error::Changed { path } => params.with("path", path.as_str()),
        Error::Invalid { line: Some(line), message } => {
            params.with("cause", message.as_str()).with("line", *line)
        }
        Error::Invalid { line: None, message } => params.with("cause", message.as_str()),
        Error::NotUtf8 { line } => params.with("line", *line),
        Error::TooLarge { limit_bytes } | Error::TooLargeToStore { limit_bytes } => {
            params.with("maxBytes", *limit_bytes)
        }
        Error::TooManyRows { limit_rows } => params.with("maxRows", *limit_rows),
        _ => params,
    }
}
