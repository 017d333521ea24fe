//! The data of the time zones, against what is published.

use std::path::PathBuf;
use std::process::Command;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use segment_export::schedules::zones;

use crate::programs::{python_with, run};

/// The offsets of a zone in seconds, each with the moment from which it counts, for two years from now.
fn offsets(zone: &TimeZone, now: Timestamp) -> Vec<(Timestamp, i32)> {
    let end = now + (2 * 366 * 24).hours();
    let first = (now, zone.to_offset(now).seconds());
    let later = zone.following(now).take_while(|change| change.timestamp() < end);
    let later = later.map(|change| (change.timestamp(), change.offset().seconds()));
    let mut all: Vec<_> = std::iter::once(first).chain(later).collect();
    all.dedup_by_key(|(_, offset)| *offset);
    all
}

/// The newest package of Python, which is the data as it is published.
async fn published() -> PathBuf {
    let python = python_with("tzdata").await.join("python");
    let upgrade = ["-m", "pip", "install", "--quiet", "--upgrade", "tzdata"];
    run(&python, &upgrade, "/").await;
    let script = "import tzdata, os; print(os.path.dirname(tzdata.__file__))";
    let found = run(&python, &["-c", script], "/").await;
    String::from_utf8(found.stdout).unwrap().trim().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_zone_has_the_clock_that_is_published_for_the_next_two_years() {
    let (folder, now) = (published().await, Timestamp::now());
    let names = std::fs::read_to_string(folder.join("zones")).unwrap();
    let mut differing = vec![];
    for name in names.lines() {
        let data = std::fs::read(folder.join("zoneinfo").join(name)).unwrap();
        let expected = offsets(&TimeZone::tzif(name, &data).unwrap(), now);
        let ours = zones::get(name).map(|zone| offsets(&zone, now));
        differing.extend((ours.as_ref() != Some(&expected)).then_some((name, ours, expected)));
    }
    assert!(names.lines().count() > 500);
    assert!(differing.is_empty(), "ours {}: {differing:?}", zones::version());
}

#[test]
fn the_version_of_the_data_is_shown_with_that_of_the_program() {
    let output = Command::new(env!("CARGO_BIN_EXE_segment-export")).arg("--version").output();
    let said = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(said.contains(&format!(", time zones {}", zones::version())), "{said}");
}
