//! The published form of a footer and of the header of a page, as far as the library reads it:
//! <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>

use super::thrift::{
    Mark,
    Wire::{self, Binary, Bool, Double, I8, I16, I32, I64, List, Seen, Struct},
};

const EMPTY: Wire = Struct(&[]);
const UNIT: Wire = Struct(&[(1, EMPTY), (2, EMPTY), (3, EMPTY)]);
const MOMENT: Wire = Struct(&[(1, Bool), (2, UNIT)]);
const LOGICAL_TYPE: Wire = Struct(&[
    (1, EMPTY),
    (2, EMPTY),
    (3, EMPTY),
    (4, EMPTY),
    (5, Struct(&[(1, I32), (2, I32)])),
    (6, EMPTY),
    (7, MOMENT),
    (8, MOMENT),
    (10, Struct(&[(1, I8), (2, Bool)])),
    (11, EMPTY),
    (12, EMPTY),
    (13, EMPTY),
    (14, EMPTY),
    (15, EMPTY),
    (16, Struct(&[(1, I8)])),
    (17, Struct(&[(1, Binary)])),
    (18, Struct(&[(1, Binary), (2, I32)])),
    (19, EMPTY),
]);
const ELEMENT: Wire = Struct(&[
    (1, I32),
    (2, I32),
    (3, I32),
    (4, Binary),
    (5, Seen(Mark::Children, &I32)),
    (6, I32),
    (7, I32),
    (8, I32),
    (9, I32),
    (10, LOGICAL_TYPE),
]);
const STATISTICS: Wire = Struct(&[
    (1, Binary),
    (2, Binary),
    (3, I64),
    (4, I64),
    (5, Binary),
    (6, Binary),
    (7, Bool),
    (8, Bool),
    (9, I64),
]);
const PAIRS: Wire = Seen(Mark::Pairs, &List(&Struct(&[(1, Binary), (2, Binary)])));
const BOX: Wire = Struct(&[
    (1, Double),
    (2, Double),
    (3, Double),
    (4, Double),
    (5, Double),
    (6, Double),
    (7, Double),
    (8, Double),
]);
const COLUMN: Wire = Struct(&[
    (1, I32),
    (2, Seen(Mark::Items, &List(&I32))),
    (3, Seen(Mark::Items, &List(&Binary))),
    (4, I32),
    (5, I64),
    (6, I64),
    (7, I64),
    (8, PAIRS),
    (9, I64),
    (10, I64),
    (11, I64),
    (12, STATISTICS),
    (13, Seen(Mark::Items, &List(&Struct(&[(1, I32), (2, I32), (3, I32)])))),
    (14, I64),
    (15, I32),
    (
        16,
        Struct(&[
            (1, I64),
            (2, Seen(Mark::Items, &List(&I64))),
            (3, Seen(Mark::Items, &List(&I64))),
        ]),
    ),
    (17, Struct(&[(1, BOX), (2, Seen(Mark::Items, &List(&I32)))])),
]);
const CHUNK: Wire = Struct(&[
    (1, Binary),
    (2, I64),
    (3, COLUMN),
    (4, I64),
    (5, I32),
    (6, I64),
    (7, I32),
    (9, Binary),
]);
const ROW_GROUP: Wire = Struct(&[
    (1, Seen(Mark::Chunks, &List(&CHUNK))),
    (2, I64),
    (3, I64),
    (4, Seen(Mark::Items, &List(&Struct(&[(1, I32), (2, Bool), (3, Bool)])))),
    (5, I64),
    (6, I64),
    (7, I16),
]);
/// A footer; each element of its schema ends with [`Mark::Element`].
pub(super) const FOOTER: Wire = Struct(&[
    (1, I32),
    (2, List(&Seen(Mark::Element, &ELEMENT))),
    (3, I64),
    (4, Seen(Mark::Items, &List(&ROW_GROUP))),
    (5, PAIRS),
    (6, Binary),
    (7, Seen(Mark::Items, &List(&Struct(&[(1, EMPTY), (2, EMPTY)])))),
]);

const VALUES: Wire = Seen(Mark::Values, &I32);
const ENCODING: Wire = Seen(Mark::Encoding, &I32);
/// The header of a page.
pub(super) const PAGE: Wire = Struct(&[
    (1, Seen(Mark::PageType, &I32)),
    (2, Seen(Mark::Decompressed, &I32)),
    (3, Seen(Mark::Compressed, &I32)),
    (4, I32),
    (5, Struct(&[(1, VALUES), (2, ENCODING), (3, I32), (4, I32), (5, STATISTICS)])),
    (6, EMPTY),
    (7, Struct(&[(1, VALUES), (2, ENCODING), (3, Bool)])),
    (
        8,
        Struct(&[
            (1, VALUES),
            (2, I32),
            (3, I32),
            (4, ENCODING),
            (5, Seen(Mark::LevelBytes, &I32)),
            (6, Seen(Mark::LevelBytes, &I32)),
            (7, Seen(Mark::IsCompressed, &Bool)),
            (8, STATISTICS),
        ]),
    ),
]);
