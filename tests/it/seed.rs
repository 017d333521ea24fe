//! The table of what the product's page says names only addresses and tests that exist.

use std::path::Path;

const PAGE: &str = include_str!("../../docs/SEED.md");

/// What stands in backticks and begins like this.
fn named(is_wanted: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let named: Vec<_> = PAGE.split('`').skip(1).step_by(2).filter(|text| is_wanted(text)).collect();
    assert!(named.len() > 10, "{named:?}");
    named
}

#[test]
fn every_address_on_the_page_is_in_the_openapi_document() {
    let document = serde_json::to_value(segment_export::http::document()).unwrap();
    for call in named(|text| text.contains(" /")) {
        let (method, path) = call.split_once(' ').unwrap();
        let path = format!("/v1/instances/{{instanceId}}{path}");
        assert!(document["paths"][path][method.to_lowercase()].is_object(), "{call}");
    }
}

#[test]
fn every_test_on_the_page_exists() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    for test in named(|text| text.contains("::")) {
        let (module, name) = test.rsplit_once("::").unwrap();
        let source =
            std::fs::read_to_string(folder.join(module.replace("::", "/")).with_extension("rs"))
                .unwrap();
        assert!(source.contains(&format!("fn {name}(")), "{test}");
    }
}
