//! Real files of every format with a few bytes changed, cut out or doubled.

use std::io::Write;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use segment_export::sample::Sample;
use segment_export::storage::Media;

use crate::shapes::models;
use crate::target::Kind;

const SAMPLE: Sample = Sample { rows: 50, seed: 1 };
/// The most changes of one file.
const CHANGES_MAX: usize = 8;

/// Each sound file in turn, with changes of its own.
pub fn files(seed: u64, count: usize) -> impl Iterator<Item = (String, Kind, Vec<u8>)> {
    let mut random = StdRng::seed_from_u64(seed);
    let sound = sound();
    (0..count).map(move |number| {
        let (kind, body) = &sound[number % sound.len()];
        let mut body = body.clone();
        for _ in 0..random.random_range(1..=CHANGES_MAX) {
            change(&mut body, &mut random);
        }
        (format!("mutated {kind:?} {number}"), *kind, body)
    })
}

fn sound() -> Vec<(Kind, Vec<u8>)> {
    let written = |media| {
        let mut body = Vec::new();
        SAMPLE.write(media, &mut body).expect("memory can be written");
        body
    };
    let csv = written(Media::Csv);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&csv).expect("memory can be written");
    vec![
        (Kind::Parquet, written(Media::Parquet)),
        (Kind::Csv, csv),
        (Kind::Parquet, written(Media::Parquet)),
        (Kind::Ndjson, written(Media::Ndjson)),
        (Kind::Parquet, written(Media::Parquet)),
        (Kind::Packed, packed.finish().expect("memory can be written")),
        (Kind::Model, models::SOUND.into()),
    ]
}

fn change(body: &mut Vec<u8>, random: &mut StdRng) {
    if body.is_empty() {
        return;
    }
    // Half of the changes are near the end, where the footer of a Parquet file is.
    let first = if random.random_bool(0.5) { body.len().saturating_sub(2000) } else { 0 };
    let at = random.random_range(first..body.len());
    let end = body.len().min(at + random.random_range(1..20));
    match random.random_range(0..5) {
        0 => body[at] = random.random(),
        1 => body[at] ^= 1 << random.random_range(0..8),
        2 => body[at..end].fill(0xff),
        3 => drop(body.drain(at..end)),
        _ => {
            let part = body[at..end].to_vec();
            body.splice(at..at, part);
        }
    }
}
