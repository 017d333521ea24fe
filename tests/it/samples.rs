//! The made-up members that the program writes, and what becomes of those that nobody takes.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

fn sample(more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segment-export"));
    command.arg("sample").args(more).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_reader_who_has_seen_enough_hears_no_complaint() {
    for format in ["csv", "ndjson", "parquet"] {
        let mut child = sample(&["--rows", "20000", "--format", format]).spawn().unwrap();
        let mut first = Vec::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_until(b'\n', &mut first).unwrap();
        drop(out);

        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && said.is_empty(), "{format}: {said}");
    }
}

#[test]
fn a_file_that_cannot_be_made_is_named() {
    // No folder, whoever asks.
    let below_a_file = concat!(env!("CARGO_BIN_EXE_segment-export"), "/x.csv");
    let ended = sample(&["--rows", "1", "--out", below_a_file]).output().unwrap();
    assert!(!ended.status.success());
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains(&format!("{below_a_file} cannot be written")), "{said}");
}
