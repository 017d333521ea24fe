//! Hashes of what members are read from.

use super::*;

/// More than the start of a file.
const ROWS: usize = 20_000;

fn csv_with(last: &str) -> String {
    let rows = (0..ROWS).map(|row| format!("{row},person{row}@example.com\n"));
    let rows = rows.collect::<Vec<_>>().concat();
    format!("CustomerId,Email\n{rows}last,{last}@example.com\n")
}

impl Fixture {
    async fn pinned(&self, path: &str) -> Arc<Manifest> {
        let is_csv = std::path::Path::new(path).extension().is_some_and(|end| end == "csv");
        let format = if is_csv { Format::Csv } else { Format::Parquet };
        Arc::new(self.inspect(path, format).await.unwrap().manifest)
    }

    async fn content(
        &self,
        manifests: &[Arc<Manifest>],
        columns: &[&str],
        known: Option<&ContentHash>,
    ) -> Option<ContentHash> {
        let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
        let columns = WantedColumns::of(names);
        self.storage.content(manifests, &columns, 7, known).await.unwrap()
    }

    /// The hash of one file, of which both columns are read.
    async fn hash_of(&self, path: &str) -> ContentHash {
        self.content(&[self.pinned(path).await], &["CustomerId", "Email"], None).await.unwrap()
    }
}

#[tokio::test]
async fn the_same_bytes_elsewhere_have_the_same_hash() {
    let ids: Vec<i64> = (0..5000).collect();
    let (csv, parquet) = (csv_with("ann"), parquet_with(&ids, "Email"));
    let fixture = Fixture::new().with("a.csv", &csv).with("folder/b.csv", &csv);
    let fixture = fixture.with("a.parquet", &parquet).with("folder/b.parquet", &parquet);
    assert_eq!(fixture.hash_of("a.csv").await, fixture.hash_of("folder/b.csv").await);
    assert_eq!(fixture.hash_of("a.parquet").await, fixture.hash_of("folder/b.parquet").await);
    assert_ne!(fixture.hash_of("a.csv").await, fixture.hash_of("a.parquet").await);
}

#[tokio::test]
async fn a_change_behind_the_start_changes_the_hash_and_one_in_the_start_is_noticed_there() {
    let fixture = Fixture::new().with("a.csv", csv_with("ann")).with("b.csv", csv_with("bob"));
    let fixture = fixture.with("c.csv", csv_with("anna"));
    let known = fixture.hash_of("a.csv").await;
    let columns = ["CustomerId", "Email"];
    let late = fixture.content(&[fixture.pinned("b.csv").await], &columns, Some(&known)).await;
    assert!(late.is_some_and(|late| late != known), "the start is the same, and the end is not");
    let early = fixture.content(&[fixture.pinned("c.csv").await], &columns, Some(&known)).await;
    assert_eq!(early, None, "the size is another one");
}

#[tokio::test]
async fn other_values_columns_and_orders_of_files_have_other_hashes() {
    let fixture = Fixture::new()
        .with("a.parquet", parquet_with(&[1, 2, 3], "Email"))
        .with("b.parquet", parquet_with(&[1, 2, 4], "Email"))
        .with("c.parquet", parquet_with(&[3, 2, 1], "Email"));
    let known = fixture.hash_of("a.parquet").await;
    assert_ne!(fixture.hash_of("b.parquet").await, known);
    assert_ne!(fixture.hash_of("c.parquet").await, known);
    let [a, b] = [fixture.pinned("a.parquet").await, fixture.pinned("b.parquet").await];
    let narrow = fixture.content(std::slice::from_ref(&a), &["CustomerId"], None).await;
    assert_ne!(narrow.unwrap(), known);
    let (forward, backward) = ([a.clone(), b.clone()], [b, a]);
    let columns = ["CustomerId", "Email"];
    let forward = fixture.content(&forward, &columns, None).await;
    assert_ne!(forward, fixture.content(&backward, &columns, None).await);
}

#[tokio::test]
async fn a_file_that_changed_since_it_was_pinned_has_no_hash() {
    let fixture = Fixture::new().with("a.csv", csv_with("ann"));
    let pinned = fixture.pinned("a.csv").await;
    fixture.write("a.csv", csv_with("anna"));
    let columns = WantedColumns::of(["CustomerId".to_owned()]);
    let hashed = fixture.storage.content(&[pinned], &columns, 7, None).await;
    assert!(matches!(hashed, Err(Error::Changed { .. })), "{hashed:?}");
}
