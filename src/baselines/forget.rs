//! Writes a baseline once more without some people, and shows every member to who looks for some.

use sqlx::types::Json;

use super::baseline::Baseline;
use super::blocking::with_layers;
use super::error::Error;
use super::layer::LayerWriter;
use super::member::ListMember;
use super::merged::{each_member, each_member_since};
use crate::storage::Storage;

/// The next version of a baseline, as one layer without those whom `is_sought` names; and how many these are. Nothing
/// counts before [`replace`](super::store_forget::replace) has stored it.
pub async fn without_people(
    storage: &Storage,
    baseline: &Baseline,
    is_sought: impl Fn(&ListMember) -> bool + Send + 'static,
) -> Result<(Baseline, i64), Error> {
    let seed = baseline.seed();
    let work = move |layers| {
        let (mut writer, mut removed) = (LayerWriter::new()?, 0);
        for row in each_member_since(layers, seed)? {
            let (key, (member, since)) = row?;
            if is_sought(&member) {
                removed += 1;
            } else {
                writer.push(key, &member, since)?;
            }
        }
        Ok((writer.finish()?, removed))
    };
    let (file, removed) = with_layers(storage, &baseline.layers, work).await?;
    let members = i64::try_from(file.rows()).unwrap_or(i64::MAX);
    let layers = if members == 0 {
        vec![]
    } else {
        vec![storage.put_own(&baseline.new_path(), file).await.map_err(Error::Storage)?]
    };
    Ok((Baseline { layers: Json(layers), members, ..baseline.clone() }, removed))
}

/// What `see` makes of all members, one after the other.
pub async fn seen<T: Default + Send + 'static>(
    storage: &Storage,
    baseline: &Baseline,
    see: impl Fn(&mut T, &ListMember) + Send + 'static,
) -> Result<T, Error> {
    let seed = baseline.seed();
    let work = move |layers| {
        let mut all = T::default();
        for row in each_member(layers, seed, 0)? {
            see(&mut all, &row?.1);
        }
        Ok(all)
    };
    with_layers(storage, &baseline.layers, work).await
}
