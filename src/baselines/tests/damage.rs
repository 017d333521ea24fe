//! What is missing or damaged is noticed, and nothing is concluded from it.

use super::*;

/// Whatever byte of a layer changes, members and index are as before, or the layer is damaged.
#[tokio::test]
async fn a_changed_byte_of_a_layer_is_damage_of_numbers_and_of_texts() {
    let fixture = Fixture::new();
    let folded = fixture.fold(&empty(), &people(0..300, 1)).await;
    let [object] = fixture.objects().try_into().unwrap();
    let (bytes, members) = (std::fs::read(&object).unwrap(), fixture.members(&folded).await);
    let (mut members_damaged, mut index_damaged) = (0, 0);
    for at in (0..bytes.len()).step_by(23) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        std::fs::write(&object, changed).unwrap();
        match fixture.try_members(&folded).await {
            Ok(read) => assert_eq!(read, members, "byte {at}"),
            Err(Error::Damaged { path }) => {
                assert_eq!(path, folded.layers[0].path);
                members_damaged += 1;
            }
            Err(other) => panic!("byte {at}: {other}"),
        }
        match fixture.try_index(&folded).await {
            Ok(index) => assert_eq!(index.iter().count(), 300, "byte {at}"),
            Err(Error::Damaged { .. }) => index_damaged += 1,
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
    assert!(
        members_damaged > index_damaged && index_damaged > 10,
        "{members_damaged} {index_damaged}"
    );
}

#[tokio::test]
async fn a_layer_that_is_gone_cut_short_or_of_another_baseline_is_damage() {
    let fixture = Fixture::new();
    let one = fixture.fold(&empty(), &people(0..300, 1)).await;
    let other = fixture.fold(&empty(), &people(0..300, 1)).await;
    let [path, foreign] =
        [&one, &other].map(|baseline| fixture.folder.path().join(&baseline.layers[0].path));
    let bytes = std::fs::read(&path).unwrap();

    std::fs::copy(&foreign, &path).unwrap();
    let with_sizes = Baseline { layers: other.layers.clone(), ..one.clone() };
    for damaged in [&one, &with_sizes] {
        let read = fixture.try_members(damaged).await;
        assert!(
            matches!(read, Err(Error::Damaged { .. })),
            "its keys are of another seed: {read:?}"
        );
    }
    for length in [bytes.len() - 1, bytes.len() / 2, 0] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        assert!(matches!(fixture.try_index(&one).await, Err(Error::Damaged { .. })), "{length}");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(fixture.try_index(&one).await, Err(Error::Damaged { .. })));
    assert!(matches!(fixture.try_members(&one).await, Err(Error::Damaged { .. })));
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(fixture.members(&one).await.len(), 300);
}

#[tokio::test]
async fn another_number_of_members_than_the_table_has_is_damage() {
    let fixture = Fixture::new();
    let folded = fixture.fold(&empty(), &people(0..300, 1)).await;
    for members in [299, 301, 0, -1] {
        let wrong = Baseline { members, ..folded.clone() };
        assert!(matches!(fixture.try_index(&wrong).await, Err(Error::Damaged { .. })));
        assert!(matches!(fixture.try_members(&wrong).await, Err(Error::Damaged { .. })));
    }
}

#[tokio::test]
async fn a_storage_that_is_unavailable_is_no_damage() {
    let fixture = Fixture::new();
    let baseline = fixture.fold(&empty(), &people(0..300, 1)).await;
    let (folder, elsewhere) = (fixture.folder.path(), fixture.folder.path().with_extension("away"));
    std::fs::rename(folder, &elsewhere).unwrap();
    assert!(matches!(fixture.try_index(&baseline).await, Err(Error::Storage(_))));
    std::fs::rename(&elsewhere, folder).unwrap();
    assert_eq!(fixture.try_index(&baseline).await.unwrap().len(), 300);
}
