"""Writes members of all types as a writer of others does: `write_members.py WRITER FILE` (pyarrow, duckdb, polars)."""

import datetime
import decimal
import sys
import uuid

DAY = datetime.date(1990, 2, 2)
TIME = datetime.time(13, 45, 30, 1)
MOMENT = datetime.datetime(2026, 3, 1, 6)
ID = uuid.UUID("6f9619ff-8b86-d011-b42d-00cf4fc964ff")
MONEY = [decimal.Decimal("12.50"), decimal.Decimal("-0.05")]
LASTS = datetime.timedelta(minutes=90)
WHOLE = [2**63 - 1, -(2**63)]


def pyarrow(file):
    import pyarrow as pa
    import pyarrow.parquet as pq

    cities = pa.array(["Rīga", None])
    columns = {
        "CustomerId": pa.array(["1", "2"]),
        "Text": pa.array(["𠮷田", None]),
        "Whole": pa.array(WHOLE, pa.int64()),
        "Natural": pa.array([2**64 - 1, 0], pa.uint64()),
        "Single": pa.array([0.1, None], pa.float32()),
        "Double": pa.array([1e300, 0.1], pa.float64()),
        "Money": pa.array(MONEY, pa.decimal128(9, 2)),
        "Huge": pa.array(MONEY, pa.decimal256(50, 2)),
        "Flag": pa.array([True, None]),
        "Day": pa.array([DAY, None]),
        "Time": pa.array([TIME, None], pa.time64("us")),
        "Moment": pa.array([MOMENT, None], pa.timestamp("us")),
        "Id": pa.array([ID.bytes, None], pa.uuid()),
        "Bytes": pa.array(["Rīga".encode(), None], pa.large_binary()),
        "Lasts": pa.array([LASTS, None], pa.duration("us")),
        "City": cities.dictionary_encode(),
        "Nothing": pa.nulls(2),
        "Tags": pa.array([["a"], None]),
        "Record": pa.array([{"a": 1}, None]),
        "Map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int32())),
        "Blob": pa.array([b"\xff\x00", None]),
    }
    pq.write_table(pa.table(columns), file)


def duckdb(file):
    import duckdb as db

    db.execute("CREATE TYPE city AS ENUM ('Rīga')")
    first = f"""SELECT '1' AS "CustomerId", '𠮷田' AS "Text", {WHOLE[0]}::BIGINT AS "Whole",
        {2**64 - 1}::UBIGINT AS "Natural", 0.1::FLOAT AS "Single", 1e300::DOUBLE AS "Double",
        12.50::DECIMAL(9, 2) AS "Money", true AS "Flag", DATE '{DAY}' AS "Day", TIME '{TIME}' AS "Time",
        TIMESTAMP '{MOMENT}' AS "Moment", '{ID}'::UUID AS "Id", 'R\\xC4\\xABga'::BLOB AS "Bytes", 'Rīga'::city AS "City",
        ['a'] AS "Tags", {{'a': 1}} AS "Record", MAP {{'a': 1}} AS "Map", '\\xFF\\x00'::BLOB AS "Blob",
        INTERVAL 90 MINUTE AS "Interval" """
    second = f"""SELECT '2' AS "CustomerId", '-9223372036854775808'::BIGINT AS "Whole", 0::UBIGINT AS "Natural",
        0.1::DOUBLE AS "Double", -0.05::DECIMAL(9, 2) AS "Money" """
    db.execute(f"COPY ({first} UNION ALL BY NAME {second}) TO '{file}' (FORMAT parquet)")


def polars(file):
    import polars as pl

    columns = {
        "CustomerId": ["1", "2"],
        "Text": ["𠮷田", None],
        "Whole": pl.Series(WHOLE, dtype=pl.Int64),
        "Natural": pl.Series([2**64 - 1, 0], dtype=pl.UInt64),
        "Single": pl.Series([0.1, None], dtype=pl.Float32),
        "Double": [1e300, 0.1],
        "Money": pl.Series(MONEY, dtype=pl.Decimal(9, 2)),
        "Flag": [True, None],
        "Day": [DAY, None],
        "Time": [TIME, None],
        "Moment": [MOMENT, None],
        "Bytes": ["Rīga".encode(), None],
        "Lasts": [LASTS, None],
        "City": pl.Series(["Rīga", None], dtype=pl.Categorical),
        "Nothing": pl.Series([None, None], dtype=pl.Null),
        "Tags": [["a"], None],
        "Record": [{"a": 1}, None],
        "Blob": [b"\xff\x00", None],
    }
    pl.DataFrame(columns).write_parquet(file)


if __name__ == "__main__":
    {"pyarrow": pyarrow, "duckdb": duckdb, "polars": polars}[sys.argv[1]](sys.argv[2])
