//! A few members are found without reading the others.

use super::*;

impl Fixture {
    async fn by_address(&self, baseline: &Baseline, address: &str) -> Option<FoundMember> {
        let found = find_addresses(&self.storage, baseline, &[address.to_owned()]).await.unwrap();
        assert!(found.len() < 2);
        found.into_iter().next()
    }

    async fn by_customer(&self, baseline: &Baseline, id: &str) -> FoundByCustomer {
        find_customer(&self.storage, baseline, id).await.unwrap()
    }
}

#[tokio::test]
async fn everybody_is_found_by_address_and_by_customer_id_in_every_row_group_and_layer() {
    let fixture = Fixture::new();
    let base = fixture.fold(&empty(), &people(0..70_000, 17)).await;
    let baseline = fixture.fold(&base, &people(69_000..70_500, 3)).await;
    assert_eq!(baseline.layers.len(), 2);
    let all = fixture.members(&baseline).await;
    for place in (0..all.len()).step_by(2_311).chain([32_767, 32_768, 70_499]) {
        let expected = &all[place];
        let found = fixture.by_address(&baseline, &expected.address.to_ascii_uppercase()).await;
        assert_eq!(&found.unwrap().member, expected, "{place}");
        let found = fixture.by_customer(&baseline, &expected.customer_id).await;
        assert_eq!((&found.members[0].member, found.members.len()), (expected, 1), "{place}");
        assert!(!found.is_scanned);
    }
    for stranger in 70_500..70_530 {
        let stranger = member(stranger, 1);
        assert_eq!(fixture.by_address(&baseline, &stranger.address).await, None);
        assert!(fixture.by_customer(&baseline, &stranger.customer_id).await.members.is_empty());
    }
}

#[tokio::test]
async fn a_customer_is_found_under_every_address_that_still_has_the_id() {
    let fixture = Fixture::new();
    let base = fixture.fold(&empty(), &people(0..1000, 1)).await;
    let moved = ListMember { state: MemberState::Moved, ..member(7, 2) };
    let now = ListMember { address: "seven@example.com".into(), ..member(7, 2) };
    let taken = ListMember { customer_id: "C-other".into(), ..member(8, 2) };
    let baseline = fixture.fold(&base, &[moved.clone(), now.clone(), taken]).await;
    let found = fixture.by_customer(&baseline, "C-7").await.members;
    let mut addresses: Vec<_> = found.into_iter().map(|found| found.member.address).collect();
    addresses.sort();
    assert_eq!(addresses, [moved.address, now.address]);
    assert!(
        fixture.by_customer(&baseline, "C-8").await.members.is_empty(),
        "another id has it now"
    );
}

/// In one layer, in two, and when they are merged.
#[tokio::test]
async fn a_member_has_its_state_since_the_first_run_that_found_it_so() {
    let fixture = Fixture::new();
    let run = |number| RunId(Uuid::from_u64_pair(7, number));
    let as_of = |number, state| ListMember { run: run(number), state, ..member(1, 1) };
    let (on, off) = (MemberState::OnList, MemberState::Unsubscribed);
    for others in [0, 1000] {
        let first = [vec![as_of(1, on)], people(100..100 + others, 1)].concat();
        let mut baseline = fixture.fold(&empty(), &first).await;
        for (number, state, since) in
            [(2, on, 1), (3, on, 1), (4, off, 4), (5, off, 4), (6, on, 6), (7, on, 6)]
        {
            baseline = fixture.fold(&baseline, &[as_of(number, state)]).await;
            let found = fixture.by_address(&baseline, "person.1@example.com").await.unwrap();
            assert_eq!((found.member.run, found.since), (run(number), run(since)), "run {number}");
        }
    }
}

#[tokio::test]
async fn what_is_damaged_is_no_member_and_no_stranger() {
    let fixture = Fixture::new();
    let baseline = fixture.fold(&empty(), &people(0..300, 1)).await;
    let path = fixture.objects().remove(0);
    let bytes = std::fs::read(&path).unwrap();
    let mut damaged = 0;
    for at in (0..bytes.len()).step_by(101) {
        let mut changed = bytes.clone();
        changed[at] ^= 4;
        std::fs::write(&path, changed).unwrap();
        let address = ["person.7@example.com".to_owned()];
        match find_addresses(&fixture.storage, &baseline, &address).await {
            Ok(found) => assert_eq!(found[0].member, member(7, 1), "byte {at}"),
            Err(Error::Damaged { .. }) => damaged += 1,
            Err(other) => panic!("byte {at}: {other}"),
        }
        match find_customer(&fixture.storage, &baseline, "C-7").await {
            Ok(found) => assert_eq!(found.members[0].member, member(7, 1), "byte {at}"),
            Err(Error::Damaged { .. }) => damaged += 1,
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
    assert!(damaged > 10, "{damaged}");
}
