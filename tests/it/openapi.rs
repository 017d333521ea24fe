//! The committed document is the one the code makes.

#[test]
fn the_committed_openapi_document_is_up_to_date() {
    let committed = include_str!("../../openapi/openapi.json");
    let made = segment_export::http::document().to_pretty_json().unwrap();
    assert!(
        committed.trim_end() == made.trim_end(),
        "openapi/openapi.json is stale: run `make openapi`"
    );
}
