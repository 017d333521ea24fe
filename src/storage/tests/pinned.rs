//! A run reads what it pinned, or says what changed.

use futures::StreamExt;

use super::*;

#[tokio::test]
async fn a_file_that_changes_is_noticed_and_named() {
    let fixture = Fixture::new();
    for (path, format, content) in [
        ("a.csv", Format::Csv, b"CustomerId\n1\n".to_vec()),
        ("b.parquet", Format::Parquet, parquet_with(&[1], "Email")),
    ] {
        fixture.write(path, &content);
        let pinned = fixture.inspect(path, format).await.unwrap().manifest;
        fixture.storage.check(&pinned).await.unwrap();

        replace(&fixture, path, &content);
        assert_changed(&fixture, &pinned, path).await;
        fs::remove_file(fixture.folder.path().join(path)).unwrap();
        assert_changed(&fixture, &pinned, path).await;
    }
}

/// The same length and content in another file: only the `ETag` tells.
fn replace(fixture: &Fixture, path: &str, content: &[u8]) {
    fixture.write("new", content);
    let folder = fixture.folder.path();
    fs::rename(folder.join("new"), folder.join(path)).unwrap();
}

async fn assert_changed(fixture: &Fixture, pinned: &Manifest, path: &str) {
    let checked = fixture.storage.check(pinned).await.unwrap_err();
    let read = fixture.read(pinned, &["CustomerId"]).await.unwrap_err();
    for error in [checked, read] {
        assert!(matches!(&error, Error::Changed { path: named } if named == path), "{error:?}");
    }
}

#[tokio::test]
async fn fewer_rows_than_pinned_are_an_error() {
    let fixture = Fixture::new().with("a.csv", "CustomerId\n1\n");
    let mut pinned = fixture.inspect("a.csv", Format::Csv).await.unwrap().manifest;
    pinned.objects[0].rows = 2;

    let error = fixture.read(&pinned, &["CustomerId"]).await.unwrap_err();

    assert!(matches!(error, Error::Changed { .. }), "{error:?}");
}

#[tokio::test]
async fn a_reader_that_stops_early_does_no_harm() {
    let rows: Vec<String> = (0..50_000).map(|row| row.to_string()).collect();
    let fixture = Fixture::new().with("a.csv", format!("CustomerId\n{}", rows.join("\n")));
    let pinned = fixture.inspect("a.csv", Format::Csv).await.unwrap().manifest;
    let columns = ["CustomerId".to_owned()];

    let mut pages = fixture.storage.pages(Arc::new(pinned.clone()), WantedColumns::of(columns));
    pages.next().await.unwrap().unwrap();
    drop(pages);

    let pages = fixture.read(&pinned, &["CustomerId"]).await.unwrap();
    assert_eq!(column(&pages, "CustomerId").len(), 50_000);
}
