//! Members are read from a key on, and what comes before is not.

use super::*;

impl Fixture {
    async fn from(&self, baseline: &Baseline, key: u64) -> Result<Vec<ListMember>, Error> {
        let pages: Vec<_> = members_from(&self.storage, baseline, key).try_collect().await?;
        Ok(pages.concat())
    }
}

#[tokio::test]
async fn from_a_key_on_every_member_of_every_layer_is_read_as_from_the_start() {
    let fixture = Fixture::new();
    // Two row groups, and a layer above them.
    let base = fixture.fold(&empty(), &people(0..40_000, 17)).await;
    let baseline = fixture.fold(&base, &people(39_000..40_500, 3)).await;
    assert_eq!(baseline.layers.len(), 2);
    let all = fixture.members(&baseline).await;
    let key = |place: usize| baseline.key(&all[place].address);
    for place in [0, 1, 32_767, 32_768, 40_498, 40_499] {
        assert_eq!(fixture.from(&baseline, key(place)).await.unwrap(), all[place..], "{place}");
        assert_eq!(fixture.from(&baseline, key(place) + 1).await.unwrap(), all[place + 1..]);
    }
    assert_eq!(fixture.from(&baseline, 0).await.unwrap(), all);
    assert_eq!(fixture.from(&baseline, u64::MAX).await.unwrap(), []);
}

#[tokio::test]
async fn a_row_group_before_the_key_is_not_read() {
    let fixture = Fixture::new();
    let baseline = fixture.fold(&empty(), &people(0..70_000, 17)).await;
    let all = fixture.members(&baseline).await;
    let path = fixture.objects().remove(0);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert!(fixture.from(&baseline, 1).await.is_err(), "the first group is damaged");
    let last = baseline.key(&all[69_999].address);
    assert_eq!(fixture.from(&baseline, last).await.unwrap(), all[69_999..]);
}
