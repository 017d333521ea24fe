//! SQL of the table `erasure_sites`.

use sqlx::{QueryBuilder, Result};

use super::erasure::ErasureId;
use super::site::{Site, SiteRecord};
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::sql;

/// Adds the sites of a new erasure, each with its remark.
pub async fn insert(tx: &mut WriteHandle, id: ErasureId, remarks: &[(Site, String)]) -> Result<()> {
    sql!(tx, |db| {
        let mut insert = QueryBuilder::new(
            "INSERT INTO erasure_sites (erasure_id, site, found, removed, remark) ",
        );
        insert.push_values(remarks, |mut row, (site, remark)| {
            let none = site.is_searched().then_some(0_i64);
            row.push_bind(id).push_bind(*site).push_bind(none).push_bind(none).push_bind(remark);
        });
        insert.build().execute(db).await.map(drop)
    })
}

/// The sites of an erasure, in no order.
pub async fn of_erasure(tx: &mut ReadHandle, id: ErasureId) -> Result<Vec<SiteRecord>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT site, found, removed, verified_utc, remark FROM erasure_sites WHERE erasure_id = $1"
    )
    .bind(id)
    .fetch_all(db)
    .await)
}

/// The sites of some erasures, each with its erasure, in no order.
pub async fn of_erasures(
    tx: &mut ReadHandle,
    ids: &[ErasureId],
) -> Result<Vec<(ErasureId, SiteRecord)>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        erasure_id: ErasureId,
        #[sqlx(flatten)]
        record: SiteRecord,
    }
    if ids.is_empty() {
        return Ok(vec![]); // `PostgreSQL` knows no empty list.
    }
    let rows: Vec<Row> = sql!(tx, |db| {
        let mut select = QueryBuilder::new("SELECT * FROM erasure_sites WHERE erasure_id IN (");
        let mut list = select.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        select.push(")").build_query_as().fetch_all(db).await?
    });
    Ok(rows.into_iter().map(|row| (row.erasure_id, row.record)).collect())
}

/// Adds to what was found and removed. What was verified before has to be verified once more.
pub async fn add(
    tx: &mut WriteHandle,
    id: ErasureId,
    site: Site,
    found: i64,
    removed: i64,
) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE erasure_sites SET found = COALESCE(found, 0) + $3, removed = COALESCE(removed, 0) + $4,
                 verified_utc = NULL
             WHERE erasure_id = $1 AND site = $2",
        )
        .bind(id)
        .bind(site)
        .bind(found)
        .bind(removed)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Says more of a site, before what is said of it already.
pub async fn add_remark(
    tx: &mut WriteHandle,
    id: ErasureId,
    site: Site,
    remark: &str,
) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE erasure_sites SET remark = $3 || ' ' || remark WHERE erasure_id = $1 AND site = $2",
        )
        .bind(id)
        .bind(site)
        .bind(remark)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Notes that a second search found nobody: all that was found is removed.
pub async fn verify(tx: &mut WriteHandle, id: ErasureId, site: Site, now: Time) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE erasure_sites SET removed = found, verified_utc = $3 WHERE erasure_id = $1 AND site = $2",
        )
        .bind(id)
        .bind(site)
        .bind(now)
        .execute(db)
        .await
        .map(drop)
    })
}
