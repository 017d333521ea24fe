//! The files that took most memory, all at once: as many as there are slots, and as many again that must wait or go.

use std::time::Duration;

use anyhow::Result;
use futures::future::join_all;
use reqwest::Method;

use crate::report::Report;
use crate::shapes::Shape;
use crate::target::{Answer, Kind, Target};

/// A run that has not ended by then waits for the others.
const RUN_MAX: Duration = Duration::from_mins(1);
/// Times that each comes, as an upload and as a file that is read in external storage.
pub const TIMES: usize = 3;

pub async fn attack(
    target: &mut Target,
    shapes: &[Shape],
    most: usize,
    report: &mut Report,
) -> Result<()> {
    let worst = report.worst_files(most);
    let is_worst = |shape: &&Shape| worst.contains(&shape.name) && shape.kind != Kind::Model;
    let files: Vec<_> = shapes.iter().filter(is_worst).collect();
    let exports = target.place_for_runs(&files).await?;
    target.process.forget_peak()?;
    let runs = exports.iter().map(|export| target.run(export, RUN_MAX));
    let (runs, calls) = futures::join!(join_all(runs), join_all(calls(target, &files)));
    target.process.still_runs()?;
    for (name, answer) in calls {
        report.add_busy(&name, &answer);
    }
    for run in runs {
        report.add_busy("a run", &run?);
    }
    report.peak_of_all(target.process.memory("VmHWM")?);
    Ok(())
}

/// Uploads of all files and readings of all that lie in external storage, none of which is waited for.
fn calls<'a>(
    target: &'a Target,
    files: &[&'a Shape],
) -> Vec<impl Future<Output = (String, Answer)> + use<'a>> {
    let mut calls = Vec::new();
    for (number, file) in files.iter().enumerate() {
        for time in 0..TIMES {
            let upload = target.upload(&format!("busy{number}-{time}"), file.kind, (file.body)());
            let read = format!("/segments/lake{number}/members?limit=1000");
            let read = Some(target.request(Method::GET, &read));
            for (what, request) in [("uploaded", upload), ("read there", read)] {
                let name = format!("{}, {what} beside others", file.name);
                calls.extend(request.map(|request| async { (name, target.answer(request).await) }));
            }
        }
    }
    calls
}
