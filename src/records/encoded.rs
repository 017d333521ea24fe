//! Rows that are ready to be sent, and the calls they take.

use std::collections::VecDeque;
use std::time::Duration;

use arrow_array::RecordBatch;
use bytes::Bytes;
use serde_json::Value;

use super::hasher::RecordHashes;
use super::plan::Plan;
use super::positions::Positions;
use crate::baselines::ListMember;
use crate::runs::{FieldWarnings, Rejection, ValueProblem};

/// The largest body of a call; more goes in halves.
pub const BODY_BYTES_MAX: usize = 4 << 20;
/// A page of rows, ready to be sent; or what has changed of several.
pub struct EncodedBatch {
    /// That of the page with which it begins, from 1.
    pub number: i64,
    /// Its first row in the run, from 0.
    pub first_row: i64,
    /// The row after its last one.
    pub end: i64,
    /// Its rows, as text; without those that are unchanged.
    pub page: RecordBatch,
    /// Where these rows are in the run.
    pub positions: Positions,
    /// Positions in the page of the rows to be sent.
    pub records: Vec<usize>,
    /// The hashes of the records, in the same order.
    pub hashes: Vec<RecordHashes>,
    /// Rows that are not sent, because the list has them already.
    pub unchanged: i64,
    /// Those of them whose content has another hash now.
    pub rehashed: Vec<ListMember>,
    /// The rows that are not sent, and why.
    pub refused: Vec<Rejection>,
    /// The body of the import; empty when nothing is to be sent.
    pub body: Bytes,
    /// The hash of `body`, when it is not empty.
    pub body_hash: Option<i64>,
    /// Values that could not be sent as they are, and how many. Of very many not all are named.
    pub problems: Vec<ValueProblem>,
    pub field_warnings: FieldWarnings,
    /// How long its records took to be made.
    pub encoding: Duration,
}

impl EncodedBatch {
    /// Rows of the segments that it covers, sent or not.
    pub const fn rows(&self) -> i64 {
        self.end - self.first_row
    }

    /// Calls it takes, if each is answered at once.
    pub fn calls(&self, plan: &Plan) -> i64 {
        if self.records.is_empty() {
            0
        } else {
            self.calls_for(plan, &self.records, self.body.len())
        }
    }

    fn calls_for(&self, plan: &Plan, records: &[usize], body_bytes: usize) -> i64 {
        let parts = if body_bytes > BODY_BYTES_MAX { halves(records) } else { None };
        let Some(parts) = parts else { return 1 };
        let calls = |part: Vec<usize>| {
            let encoded = plan.encode(&self.page, &part);
            self.calls_for(plan, &part, encoded.body.len())
        };
        parts.into_iter().map(calls).sum()
    }
}

/// Halves of the rows of a request; `None` when there is nothing to halve.
pub fn halves(records: &[usize]) -> Option<VecDeque<Vec<usize>>> {
    if records.len() < 2 {
        return None;
    }
    let (first, second) = records.split_at(records.len() / 2);
    Some(VecDeque::from([first.to_vec(), second.to_vec()]))
}

/// The only record of a body, as Campaign Monitor gets it.
pub fn only_record(body: &[u8]) -> serde_json::Result<Value> {
    let mut body: Value = serde_json::from_slice(body)?;
    Ok(body["Subscribers"][0].take())
}
