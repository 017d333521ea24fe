//! Parquet footers that promise much: nesting, columns, and lengths that are not there.

use super::{Kind, Shape};

pub fn all() -> Vec<Shape> {
    let nested = [20, 100, 500, 2000, 20_000, 300_000].map(|depth| {
        let mut children = vec![1; depth];
        children.push(0);
        shape(format!("{depth} groups in each other"), children)
    });
    let wide = [0, 201, 1001, 10_000, 300_000, 1_000_000].map(|columns| {
        let mut children = vec![0; columns + 1];
        children[0] = columns;
        shape(format!("{columns} columns"), children)
    });
    let promised = [2_000_000_000, 1_000_000, 3]
        .map(|count| shape(format!("{count} columns that do not come"), vec![count]));
    let lengths = [0, 1, 100, u32::MAX / 2, u32::MAX].map(|length| {
        Shape::new(format!("a footer of {length} bytes"), Kind::Parquet, move || {
            let mut file = b"PAR1 nothing".to_vec();
            file.extend_from_slice(&length.to_le_bytes());
            file.extend_from_slice(b"PAR1");
            file
        })
    });
    let pairs = [100, 10_001, 5_500_000].map(|count| {
        let name = format!("{count} empty pairs of key and value");
        Shape::new(name, Kind::Parquet, move || pairs_of(count))
    });
    nested.into_iter().chain(wide).chain(promised).chain(lengths).chain(pairs).collect()
}

fn shape(name: String, children: Vec<usize>) -> Shape {
    Shape::new(name, Kind::Parquet, move || schema_of(&children))
}

/// A schema with these numbers of children, one element after the other, and no rows.
fn schema_of(children: &[usize]) -> Vec<u8> {
    let mut footer = vec![0x15, 2, 0x19, 0xfc];
    varint(children.len(), &mut footer);
    for &count in children {
        // A leaf is text. Its repetition, its name, and for a group the number of its children.
        footer.extend_from_slice(if count == 0 { &[0x15, 12, 0x25, 2] } else { &[0x35, 2] });
        footer.extend_from_slice(&[0x18, 1, b'a']);
        if count > 0 {
            footer.push(0x15);
            varint(2 * count, &mut footer);
        }
        footer.push(0);
    }
    footer.extend_from_slice(&[0x16, 0, 0x19, 0x0c, 0]);
    file_with(&footer)
}

/// A column without rows, and so many pairs of key and value, each a single byte.
fn pairs_of(count: usize) -> Vec<u8> {
    let mut footer = vec![0x15, 2, 0x19, 0x1c, 0x35, 2, 0x18, 1, b'a', 0x15, 0, 0];
    footer.extend_from_slice(&[0x16, 0, 0x19, 0x0c, 0x19, 0xfc]);
    varint(count, &mut footer);
    footer.resize(footer.len() + count, 0);
    footer.push(0);
    file_with(&footer)
}

fn file_with(footer: &[u8]) -> Vec<u8> {
    let mut file = b"PAR1".to_vec();
    file.extend_from_slice(footer);
    file.extend_from_slice(&u32::try_from(footer.len()).unwrap_or(0).to_le_bytes());
    file.extend_from_slice(b"PAR1");
    file
}

fn varint(mut number: usize, to: &mut Vec<u8>) {
    while number > 0x7f {
        to.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    to.push(number.to_le_bytes()[0]);
}
