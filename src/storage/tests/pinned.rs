use futures::StreamExt;

use super::*;

#[tokio::test]
async fn a_file_that_changes_is_noticed_and_named() {
    let house = House::new();
    for (path, format, content) in [
        ("a.csv", Format::Csv, b"CustomerId\n1\n".to_vec()),
        ("b.parquet", Format::Parquet, parquet_with(&[1], "Email")),
    ] {
        house.write(path, &content);
        let pinned = house.inspect(path, format).await.unwrap().manifest;
        house.storage.check(&pinned).await.unwrap();

        replace(&house, path, &content);
        assert_changed(&house, &pinned, path).await;
        fs::remove_file(house.folder.path().join(path)).unwrap();
        assert_changed(&house, &pinned, path).await;
    }
}

/// The same length and content in another file: only the `ETag` tells.
fn replace(house: &House, path: &str, content: &[u8]) {
    house.write("new", content);
    let folder = house.folder.path();
    fs::rename(folder.join("new"), folder.join(path)).unwrap();
}

async fn assert_changed(house: &House, pinned: &Manifest, path: &str) {
    let checked = house.storage.check(pinned).await.unwrap_err();
    let read = house.read(pinned, &["CustomerId"]).await.unwrap_err();
    for error in [checked, read] {
        assert!(matches!(&error, Error::Changed { path: named } if named == path), "{error:?}");
    }
}

#[tokio::test]
async fn fewer_rows_than_pinned_is_never_a_quiet_end() {
    let house = House::new().with("a.csv", "CustomerId\n1\n");
    let mut pinned = house.inspect("a.csv", Format::Csv).await.unwrap().manifest;
    pinned.objects[0].rows = 2;

    let error = house.read(&pinned, &["CustomerId"]).await.unwrap_err();

    assert!(matches!(error, Error::Changed { .. }), "{error:?}");
}

#[tokio::test]
async fn a_reader_that_loses_interest_does_no_harm() {
    let rows: Vec<String> = (0..50_000).map(|row| row.to_string()).collect();
    let house = House::new().with("a.csv", format!("CustomerId\n{}", rows.join("\n")));
    let pinned = house.inspect("a.csv", Format::Csv).await.unwrap().manifest;
    let columns = ["CustomerId".to_owned()];

    let mut pages = house.storage.pages(Arc::new(pinned.clone()), columns.into());
    pages.next().await.unwrap().unwrap();
    drop(pages);

    let pages = house.read(&pinned, &["CustomerId"]).await.unwrap();
    assert_eq!(column(&pages, "CustomerId").len(), 50_000);
}

#[test]
fn a_manifest_is_kept_as_json() {
    let object =
        Object { path: "a.csv".into(), size: 12, etag: Some("x".into()), rows: 1, dialect: 0 };
    let pinned = Manifest {
        root: DEFAULT_ROOT.into(),
        format: Format::Csv,
        dialects: vec![],
        objects: vec![object],
    };
    let json = serde_json::to_string(&pinned).unwrap();
    assert_eq!(
        json,
        r#"{"format":"csv","objects":[{"path":"a.csv","size":12,"etag":"x","rows":1}]}"#
    );
    assert_eq!(serde_json::from_str::<Manifest>(&json).unwrap(), pinned);
}
