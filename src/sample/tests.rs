//! The sample is the same for the same seed, and has the shares it promises.

use std::{collections::HashSet, convert::Infallible, sync::Arc};

use arrow_array::cast::AsArray;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use super::*;
use crate::storage::{Field, FieldType, ReceiveLimits, RootSettings, Storage, WantedColumns};

const SAMPLE: Sample = Sample { rows: 20_000, seed: 7 };

fn bytes(sample: Sample, media: Media) -> Vec<u8> {
    let mut bytes = Vec::new();
    sample.write(media, &mut bytes).unwrap();
    bytes
}

fn column(name: &str) -> Vec<Option<String>> {
    let values = |batch: RecordBatch| {
        let values = batch[name].as_string::<i32>().iter();
        values.map(|value| value.map(str::to_owned)).collect::<Vec<_>>()
    };
    SAMPLE.batches().flat_map(values).collect()
}

fn texts_of(name: &str) -> Vec<String> {
    column(name).into_iter().flatten().collect()
}

/// How many of 10,000 rows.
fn share(name: &str, matches: impl Fn(Option<&str>) -> bool) -> usize {
    column(name).iter().filter(|value| matches(value.as_deref())).count() / 2
}

#[test]
fn the_same_seed_always_gives_the_same_bytes() {
    let digest = |media| xxhash_rust::xxh3::xxh3_64(&bytes(Sample { rows: 1000, seed: 7 }, media));
    assert_eq!(digest(Media::Csv), 12_021_735_610_285_284_292);
    assert_eq!(digest(Media::Ndjson), 11_293_689_838_519_505_993);
    assert_eq!(bytes(SAMPLE, Media::Parquet), bytes(SAMPLE, Media::Parquet));
}

#[test]
fn another_seed_gives_other_members_and_more_rows_only_add_members() {
    let few = bytes(Sample { rows: 1000, seed: 7 }, Media::Csv);
    assert_ne!(few, bytes(Sample { rows: 1000, seed: 8 }, Media::Csv));
    assert!(bytes(SAMPLE, Media::Csv).starts_with(&few));
}

#[test]
fn every_member_has_an_id_of_32_digits_to_itself() {
    let ids = texts_of("CustomerId");
    assert!(ids.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
    assert_eq!(ids.into_iter().collect::<HashSet<_>>().len(), 20_000);
}

#[test]
fn addresses_have_their_defects_in_the_documented_shares() {
    let mut seen = HashSet::new();
    let emails = texts_of("Email");
    let usable = emails.iter().filter(|email| !email.trim().is_empty());
    let repeated = usable.filter(|email| !seen.insert(email.to_lowercase())).count();
    assert!((150..250).contains(&repeated), "{repeated}");

    let missing = share("Email", |email| email.is_none_or(|email| email.trim().is_empty()));
    assert!((35..65).contains(&missing), "{missing}");
    for (name, is_broken) in [
        ("no @", (|email| email.contains(" at ")) as fn(&str) -> bool),
        ("two dots", |email| email.contains("..")),
        ("a space", |email| email.contains('@') && email.trim().contains(' ')),
        ("no top-level domain", |email| email.ends_with("@localhost")),
        ("beyond ASCII", |email| !email.is_ascii()),
    ] {
        let count = emails.iter().filter(|email| is_broken(email)).count();
        assert!((8..40).contains(&count), "{name}: {count}");
    }
}

#[test]
fn no_address_is_real() {
    let real = |email: &String| {
        let domain = email.to_lowercase().rsplit_once('@').map(|(_, domain)| domain.to_owned());
        let free = ["example.com", "example.org", "example.net", "localhost"];
        domain
            .is_some_and(|domain| !free.contains(&domain.as_str()) && !domain.ends_with(".example"))
    };
    assert_eq!(texts_of("Email").iter().find(|email| real(email)), None);
}

#[test]
fn names_and_cities_have_what_breaks_programs() {
    let names = texts_of("FullName");
    for sample in ["Łukasz", "Γιώργος", "Олена", "فاطمة", "王伟", "さくら", "🎉", "\"Bob\""]
    {
        assert!(names.iter().any(|name| name.contains(sample)), "{sample}");
    }
    let cities = texts_of("City");
    assert!(cities.iter().any(|city| city.contains('\n')));
    assert!(cities.iter().any(|city| city.chars().count() > 250));
    assert!((1300..1700).contains(&share("Phone", |phone| phone.is_none())));
}

#[tokio::test]
async fn every_media_type_is_received_completely_and_has_the_same_members() {
    let folder = tempfile::tempdir().unwrap();
    let storage =
        Storage::open(&[RootSettings::default_at(&format!("file://{}", folder.path().display()))])
            .unwrap();
    let columns: Arc<[String]> =
        ["CustomerId", "FullName", "City", "Birthday", "Points", "EmailConsent"]
            .map(String::from)
            .into();
    let mut seen = Vec::new();
    for media in [Media::Csv, Media::Ndjson, Media::Parquet] {
        let body = stream::iter([Ok::<_, Infallible>(Bytes::from(bytes(SAMPLE, media)))]);
        let limits = ReceiveLimits {
            bytes_max: 1 << 30,
            rows_max: 20_000,
            fields_max: 13,
            row_bytes_max: 5000,
            stored_bytes_max: 1 << 30,
            may_be_empty: false,
        };
        let received = storage.receive("sample", media, body, &limits).await.unwrap();
        if media == Media::Parquet {
            let birthday = Field::new("Birthday", FieldType::Date);
            assert!(received.fields.contains(&birthday));
        }
        let pages =
            storage.pages(Arc::new(received.manifest), WantedColumns::of(Arc::clone(&columns)));
        seen.push(
            pages
                .map(|page| page.map(|page| format!("{page:?}")))
                .try_collect::<Vec<_>>()
                .await
                .unwrap(),
        );
    }
    assert_eq!(seen[0].len(), 20);
    assert!(seen[0] == seen[1] && seen[1] == seen[2]);
}

#[test]
fn no_members_are_a_file_too() {
    let nobody = Sample { rows: 0, seed: 1 };
    assert!(bytes(nobody, Media::Csv).starts_with(b"CustomerId,Email,"));
    assert!(bytes(nobody, Media::Ndjson).is_empty());
    assert!(bytes(nobody, Media::Parquet).starts_with(b"PAR1"));
}
