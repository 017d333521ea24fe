//! CSV and NDJSON: one value, one line or one record of many bytes, and text that is packed a thousand times over.

use std::io::Write;

use super::{Kind, Shape};

pub fn all() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for mib in [1, 2, 16, 64] {
        let bytes = mib << 20;
        for (name, kind, start, filling) in [
            ("a value", Kind::Csv, "CustomerId\n", "x"),
            ("a quote", Kind::Csv, "CustomerId\n\"", "x\n"),
            ("a header", Kind::Csv, "CustomerId", ",a"),
            ("blank lines", Kind::Csv, "CustomerId\n", "\n"),
            ("zero bytes", Kind::Csv, "", "\0"),
            ("a name", Kind::Csv, "CustomerId,", "\u{1}"),
            ("a string", Kind::Ndjson, "{\"CustomerId\":\"", "x"),
            ("brackets", Kind::Ndjson, "{\"CustomerId\":\"1\",\"a\":", "["),
            ("braces", Kind::Ndjson, "", "{\"a\":"),
            ("a number", Kind::Ndjson, "{\"CustomerId\":\"1\",\"a\":", "9"),
            ("blanks", Kind::Ndjson, "", " "),
        ] {
            let body = move || (start.to_owned() + &filling.repeat(bytes / filling.len())).into();
            shapes.push(Shape::new(format!("{name} of {mib} MiB"), kind, body));
        }
    }
    for mib in [16, 300, 1000] {
        for filling in [b'\n', b'x', 0] {
            let name = format!("{mib} MiB of {filling} in gzip");
            shapes.push(Shape::new(name, Kind::Packed, move || gzip(mib, filling)));
            let name = format!("{mib} MiB of {filling} in Zstandard");
            shapes.push(Shape::new(name, Kind::Packed, move || zstandard(mib, filling)));
        }
    }
    shapes
}

fn gzip(mib: usize, filling: u8) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    fill(&mut packed, mib, filling);
    packed.finish().expect("memory can be written")
}

fn zstandard(mib: usize, filling: u8) -> Vec<u8> {
    let mut packed = zstd::Encoder::new(Vec::new(), 3).expect("the level exists");
    fill(&mut packed, mib, filling);
    packed.finish().expect("memory can be written")
}

fn fill(packed: &mut impl Write, mib: usize, filling: u8) {
    packed.write_all(b"CustomerId\n1\n").expect("memory can be written");
    let part = vec![filling; 1 << 20];
    (0..mib).for_each(|_| packed.write_all(&part).expect("memory can be written"));
}
