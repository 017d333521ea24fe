//! The call log: counters cheap enough to keep under load.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::Serialize;

use super::lock::locked;

/// Counters over all calls since the start or the last reset.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// `POST /subscribers/{id}/import` → HTTP status, or `none` for a call without an answer → number of calls.
    pub calls: BTreeMap<String, BTreeMap<String, u64>>,
    pub import_calls: u64,
    /// Records of all imports that could be read, stored or not, repeats included.
    pub records_received: u64,
    pub imports_now: u64,
    pub peak_concurrent_imports: u64,
}

#[derive(Debug, Default)]
pub struct CallLog(Mutex<Counters>);

impl CallLog {
    pub fn count(&self, method: &str, path: &str, status: Option<u16>) {
        let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        let mut counters = locked(&self.0);
        let by_status = counters.calls.entry(format!("{method} {}", template(path))).or_default();
        *by_status.entry(status).or_default() += 1;
    }

    pub fn count_records(&self, records: usize) {
        locked(&self.0).records_received += records as u64;
    }

    /// Counts an import as active until the result is dropped.
    pub fn start_import(&self) -> ActiveImport<'_> {
        let mut counters = locked(&self.0);
        counters.import_calls += 1;
        counters.imports_now += 1;
        counters.peak_concurrent_imports =
            counters.peak_concurrent_imports.max(counters.imports_now);
        ActiveImport(self)
    }

    pub fn counters(&self) -> Counters {
        locked(&self.0).clone()
    }

    /// Resets everything except the number of active imports.
    pub fn clear(&self) {
        let mut counters = locked(&self.0);
        let imports_now = counters.imports_now;
        *counters = Counters { imports_now, ..Counters::default() };
    }
}

/// An import without an answer yet.
#[derive(Debug)]
pub struct ActiveImport<'a>(&'a CallLog);

impl Drop for ActiveImport<'_> {
    fn drop(&mut self) {
        locked(&self.0.0).imports_now -= 1;
    }
}

/// The path without version, suffix, ids and keys, so that calls to one endpoint are counted together.
fn template(path: &str) -> String {
    let path = path.strip_suffix(".json").or_else(|| path.strip_suffix(".xml")).unwrap_or(path);
    let mut words = path.split('/').skip(1).peekable();
    if words.peek() == Some(&"api") {
        words.nth(1);
    }
    let is_id = |word: &str| word.len() >= 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let plain = |word| match word {
        id if is_id(id) => "/{id}".to_owned(),
        key if key.starts_with('[') => "/{key}".to_owned(),
        word => format!("/{word}"),
    };
    words.map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_to_one_endpoint_are_counted_together() {
        let id = "a58ee1d3039b8bec838e6d1482a8a965";
        let path = format!("/api/v3.3/subscribers/{id}/import.json");
        assert_eq!(template(&path), "/subscribers/{id}/import");
        assert_eq!(
            template(&format!("/api/v3.2/lists/{id}/customfields/[age].json")),
            "/lists/{id}/customfields/{key}"
        );
        assert_eq!(template("/oauth/token"), "/oauth/token");
    }

    #[test]
    fn the_peak_of_imports_at_the_same_time_is_kept() {
        let calls = CallLog::default();
        let first = calls.start_import();
        drop(calls.start_import());
        drop(first);
        drop(calls.start_import());
        let counters = calls.counters();
        assert_eq!(
            (counters.peak_concurrent_imports, counters.imports_now, counters.import_calls),
            (2, 0, 3)
        );
    }
}
