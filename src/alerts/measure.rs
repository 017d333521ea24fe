//! Metrics of alerts, as the database has them: the same in every process.

use metrics::gauge;
use sqlx::Result;

use super::rule_kind::RuleKind;
use super::store_counts;
use crate::db::Db;
use crate::names::Culprit;
use crate::telemetry::measures;

/// Sets the gauges of the alerts that are not over.
pub async fn measure(db: &Db) -> Result<()> {
    let counted = store_counts::open(&mut db.read().await?).await?;
    for kind in RuleKind::ALL {
        for culprit in Culprit::ALL {
            let same =
                counted.iter().filter(|(known, who, _)| *known == kind && who == culprit.word());
            let count: i64 = same.map(|(.., count)| count).sum();
            gauge!(measures::ALERTS_OPEN, "kind" => kind.word(), "culprit" => culprit.word())
                .set(measures::gauge_value(count));
        }
    }
    Ok(())
}
