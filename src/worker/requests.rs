//! The calls of a run, as they are written: with the batches, and with what was done to people who left.

use std::time::Instant;

use super::job::Job;
use crate::campaign_monitor::LoggedCall;
use crate::db::{self, WriteHandle};
use crate::records::integers::to_i64;
use crate::runs::{RequestSums, RunRequest, store_requests};

/// The calls that have ended and are not written yet.
pub struct Requests {
    pub calls: Vec<RunRequest>,
    /// Those of the run, these included.
    pub sums: RequestSums,
}

impl Requests {
    /// Takes them out of the log: the caller must write them.
    pub fn take(job: &Job) -> Self {
        let mut sums = job.requests;
        let ended = job.calls.take().into_iter();
        let calls = ended.filter_map(|call| stored(job, call, &mut sums)).collect();
        Self { calls, sums }
    }
}

/// Writes them at the end of a transaction that writes no batch.
pub async fn write_requests(tx: &mut WriteHandle, job: &mut Job) -> sqlx::Result<()> {
    let Requests { calls, sums } = Requests::take(job);
    if sums == job.requests {
        return Ok(());
    }
    // Another worker may have written calls with these numbers. That the lease is lost, the caller finds out.
    if store_requests::put_sums(tx, job.lease, sums).await? {
        store_requests::insert(tx, job.run.id, &calls).await?;
        job.requests = sums;
    }
    Ok(())
}

fn stored(job: &Job, call: LoggedCall, sums: &mut RequestSums) -> Option<RunRequest> {
    let is_import = call.is_import();
    if !sums.count(call.is_failed()) {
        return None;
    }
    let bodies = call.bodies.filter(|_| sums.count_bodies(is_import));
    let [request_body, response_body] = bodies.map_or([None, None], |bodies| {
        bodies.map(|body| Some(body).filter(|body| !body.is_empty()))
    });
    let [rate_limit, rate_remaining, rate_reset, retry_after] = call.rates;
    Some(RunRequest {
        number: sums.made,
        attempt: job.run.fence,
        batch: call.batch,
        method: call.method,
        path: call.path,
        status: call.status.map(i32::from),
        failure: call.failure.map(str::to_owned),
        started_utc: started(call.began),
        duration_ms: i64::try_from(call.duration.as_millis()).unwrap_or(i64::MAX),
        request_bytes: to_i64(call.request_bytes),
        response_bytes: to_i64(call.response_bytes),
        rate_limit,
        rate_remaining,
        rate_reset,
        retry_after,
        trace_id: job.trace_id.clone(),
        request_body,
        response_body,
    })
}

/// A moment by the clock of the database.
fn started(began: Instant) -> db::Time {
    db::now() - began.elapsed()
}
