//! Which addresses a segment may name.

use super::*;

#[tokio::test]
async fn only_files_and_folders_under_the_root_and_outside_its_own_folders_are_located() {
    let fixture = Fixture::new()
        .with("crm/part 1.csv", "CustomerId\n")
        .with("uploads/a/b.parquet", "x")
        .with("baselines/a/b.parquet", "x");
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), fixture.folder.path().join("link")).unwrap();

    for (path, expected) in
        [("crm", "crm"), ("crm/", "crm"), ("crm/part%201.csv", "crm/part 1.csv")]
    {
        assert_eq!(fixture.locate(path).unwrap().to_string(), expected);
    }
    for path in [
        "",
        "uploads",
        "uploads/a/b.parquet",
        "UPLOADS/a",
        "baselines",
        "baselines/a/b.parquet",
        "Baselines/a",
        "crm/../baselines",
        "crm/../uploads",
        "crm/../later/x.csv",
        "crm/%2e%2E/later/x.csv",
        "../x",
        "..%2Fx",
        "a/%2e%2e/%2e%2e/x",
        "link/x",
        "a?b",
        "a#b",
        "a%00b",
    ] {
        let refused = fixture.locate(path);
        assert!(matches!(refused, Err(Error::OutsideRoots { .. })), "{path}: {refused:?}");
    }
}

#[test]
fn addresses_outside_the_roots_are_not_found() {
    let fixture = Fixture::new();
    for url in [
        "file:///etc/passwd",
        "s3://bucket/crm",
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/crm",
        "https://example.com/crm",
        "file://example.com/crm",
        "crm",
        "/etc/passwd",
        "",
    ] {
        let refused = fixture.storage.locate(url, Uuid::nil());
        assert!(matches!(refused, Err(Error::OutsideRoots { .. })), "{url}: {refused:?}");
    }
}

#[tokio::test]
async fn a_storage_that_was_removed_is_not_ready() {
    let fixture = Fixture::new();
    fixture.storage.probe().await.unwrap();
    fs::remove_dir_all(fixture.folder.path()).unwrap();
    assert!(matches!(fixture.storage.probe().await, Err(Error::Unavailable(_))));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_storage_that_cannot_be_written_is_not_ready() {
    // In this folder not even root can create files.
    let storage = Storage::open(&[RootSettings::default_at("file:///proc")]).unwrap();
    assert!(matches!(storage.probe().await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn a_probe_leaves_nothing_behind() {
    let fixture = Fixture::new();
    fixture.storage.probe().await.unwrap();
    assert_eq!(fs::read_dir(fixture.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_missing_folder_is_created() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/down");
    Storage::open(&[RootSettings::default_at(&format!("file://{}", path.display()))]).unwrap();
    assert!(path.is_dir());
}

#[tokio::test]
async fn a_link_to_a_place_outside_the_root_is_rejected_by_name() {
    let fixture = Fixture::new().with("crm/a.csv", "CustomerId\n1\n");
    let outside = tempfile::NamedTempFile::with_suffix(".csv").unwrap();
    fs::write(&outside, "CustomerId\n2\n").unwrap();
    let link = fixture.folder.path().join("crm/b.csv");
    std::os::unix::fs::symlink(outside.path(), link).unwrap();

    let message = fixture.inspect("crm", Format::Csv).await.unwrap_err().to_string();

    assert!(message.starts_with("crm/b.csv: this is a link to a place outside"), "{message}");
}

#[test]
fn of_roots_within_roots_the_innermost_counts_and_uploads_stay_closed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| format!("file://{}/{path}", folder.path().display());
    let mut all = RootSettings::default_at(&at(""));
    all.name = "all".into();
    let mut crm = RootSettings::default_at(&at("crm"));
    crm.name = "crm".into();
    let storage = Storage::open(&[RootSettings::default_at(&at("segments")), all, crm]).unwrap();

    let found = storage.locate(&at("crm/people"), Uuid::nil()).unwrap();
    assert_eq!((found.root.as_str(), found.path.as_ref()), ("crm", "people"));
    assert_eq!(storage.locate(&at("other"), Uuid::nil()).unwrap().root, "all");
    let refused = storage.locate(&at("segments/uploads/x"), Uuid::nil());
    assert!(matches!(refused, Err(Error::OutsideRoots { .. })), "{refused:?}");
}

/// A storage whose default root, with a file of this service in it, lies under another root.
fn nested(own: &str) -> (tempfile::TempDir, Storage) {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| format!("file://{}/{path}", folder.path().display());
    let mut wide = RootSettings::default_at(&at(""));
    wide.name = "wide".into();
    let storage = Storage::open(&[RootSettings::default_at(&at("x/y")), wide]).unwrap();
    let write = |path: &str, content: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write(&format!("x/y/{own}"), "CustomerId\n2\n");
    let attributes = r#""attributes": [{"name": "CustomerId", "dataType": "string"}]"#;
    let partitions = format!(r#""partitions": [{{"name": "p", "location": "y/{own}"}}]"#);
    let model = format!(r#"{{"entities": [{{"name": "High", {attributes}, {partitions}}}]}}"#);
    write("x/model.json", &model);
    (folder, storage)
}

#[tokio::test]
async fn uploads_are_read_by_no_folder_and_no_model_above_them() {
    is_read_by_no_folder_and_no_model("uploads/i/s/u.csv").await;
}

#[tokio::test]
async fn baselines_are_read_by_no_folder_and_no_model_above_them() {
    is_read_by_no_folder_and_no_model("baselines/i/e/u.csv").await;
}

async fn is_read_by_no_folder_and_no_model(own: &str) {
    let (folder, storage) = nested(own);
    let url = format!("file://{}/x", folder.path().display());
    let at = storage.locate(&url, Uuid::nil()).unwrap();
    let (format, dialect) = (Format::Csv, Dialect::default());
    let rejected = format!("{own}: this is an upload to this service, or another of its own files");
    for (data, expected) in [
        (ExternalData::Files { at: at.clone(), format, dialect }, rejected.as_str()),
        (ExternalData::Model { at, entity: "High".into() }, "is outside the folder of the model"),
    ] {
        let message = storage.inspect(&data, None).await.unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_root_may_be_open_to_some_instances_only_also_where_it_lies_in_a_wider_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| format!("file://{}/{path}", folder.path().display());
    let (ours, theirs) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let mut wide = RootSettings::default_at(&at(""));
    wide.name = "wide".into();
    let mut crm = RootSettings::default_at(&at("crm"));
    crm.name = "crm".into();
    crm.instances = Some(vec![ours]);
    let storage = Storage::open(&[RootSettings::default_at(&at("segments")), wide, crm]).unwrap();

    assert_eq!(storage.locate(&at("crm/people"), ours).unwrap().root, "crm");
    let refused = storage.locate(&at("crm/people"), theirs).unwrap_err().to_string();
    assert!(refused.contains("must name") && !refused.contains("/crm"), "{refused}");
    assert_eq!(storage.locate(&at("other"), theirs).unwrap().root, "wide");
}

#[test]
fn an_address_that_is_too_long_is_refused_before_anything_is_looked_up() {
    let fixture = Fixture::new();
    for (path, expected) in [
        ("a/".repeat(8000), "the address is longer than 4096 bytes"),
        ("a".repeat(5000), "the address is longer than 4096 bytes"),
        ("a/".repeat(60), "the address has more than 50 parts"),
        ("a%2F".repeat(60), "the address has more than 50 parts"),
    ] {
        let refused = fixture.locate(&path).unwrap_err();
        assert!(matches!(refused, Error::Invalid { .. }), "{refused:?}");
        assert_eq!(refused.to_string(), expected);
    }
    assert_eq!(fixture.locate(&"a/".repeat(30)).unwrap().path.parts().count(), 30);
}

#[tokio::test]
async fn an_address_where_no_file_can_be_is_the_fault_of_who_wrote_it() {
    let fixture =
        Fixture::new().with("a.csv", "CustomerId\n1\n").with("c/b.csv", "CustomerId\n1\n");
    let link = |from: &str, to: &str| {
        let link = fixture.folder.path().join(from);
        std::os::unix::fs::symlink(to, link).unwrap();
    };
    link("round.csv", "round.csv");
    fs::create_dir(fixture.folder.path().join("d")).unwrap();
    link("d/above", "../d");
    let (long, circle) = ("x".repeat(256), "a link leads to a folder above it, or to itself");
    for (path, expected) in [
        ("a.csv/b", "there are no files at a.csv/b"),
        (long.as_str(), "there are no files at"),
        ("round.csv", circle),
        ("d", circle),
    ] {
        for format in [Format::Csv, Format::Parquet] {
            let error = fixture.inspect(path, format).await.unwrap_err();
            assert!(!error.is_of_the_storage(), "{path}: {error:?}");
            assert!(error.to_string().contains(expected), "{path}: {error}");
        }
    }
}

#[tokio::test]
async fn a_link_that_leads_nowhere_is_named_because_its_part_would_be_missing() {
    let fixture = Fixture::new().with("crm/sub/a.csv", "CustomerId\n1\n");
    let link = |path: &str| {
        let link = fixture.folder.path().join(path);
        std::os::unix::fs::symlink("gone.csv", &link).unwrap();
        link
    };
    link("crm/_hidden.csv");
    assert_eq!(fixture.inspect("crm", Format::Csv).await.unwrap().manifest.rows(), 1);
    fs::remove_file(link("crm/b.csv")).unwrap();
    link("crm/sub/b.csv");
    let message = fixture.inspect("crm", Format::Csv).await.unwrap_err().to_string();
    assert!(message.starts_with("crm/sub/b.csv: this is a link to a file"), "{message}");
}
