"""Parquet files by writers of others. The reader to compare with is pyarrow."""

import datetime
import decimal
import io
import math
import pathlib
import subprocess
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

MEDIA = "application/vnd.apache.parquet"


def check(service, report, collection, name, body):
    """Uploads a file, registers it as one of a data lake, and compares each column that can be read."""
    table = pq.read_table(io.BytesIO(body))
    (service.lake / "file.parquet").write_bytes(body)
    source = {"kind": "files", "format": "parquet", "url": f"file://{service.lake}/file.parquet"}
    for way, (status, answer) in [("upload", service.upload(body, MEDIA)), ("files", service.register(source))]:
        segment = "Uploaded" if way == "upload" else "Registered"
        if status >= 300:
            report.answer(collection, f"{name} {way}", status, answer)
            continue
        members, count = service.members(segment)
        for field in answer["fields"]:
            if "unmappable" in field:
                report.refused(collection)
                continue
            wanted = table.column(field["name"]).to_pylist()
            found = [member.get(field["name"]) for member in members]
            pairs = list(zip(wanted, found, strict=False))
            wrong = [pair for pair in pairs if not same(*pair)]
            if count != len(wanted) or wrong:
                report.wrong(collection, f"{name} {way} {field['name']}", len(wanted), (count, wrong[:3]))
            else:
                report.right(collection)


def same(wanted, found):
    """Whether a text is that of a value."""
    if wanted is None or wanted == "" or (isinstance(wanted, float) and not math.isfinite(wanted)):
        return found in (None, "")
    if found is None:
        return False
    if isinstance(wanted, bool):
        return found == str(wanted).lower()
    if isinstance(wanted, float):
        return float(found) == wanted or struct_equal(float(found), wanted)
    if isinstance(wanted, datetime.datetime):
        # What is kept in twelve bytes has lost its zone to this reader.
        return moment(found).replace(tzinfo=None) == in_utc(wanted).replace(tzinfo=None)
    if isinstance(wanted, datetime.timedelta):
        return found == f"PT{seconds(wanted)}S"
    if isinstance(wanted, bytes):
        return found in (wanted.decode("utf-8", "replace"), str(uuid.UUID(bytes=wanted)) if len(wanted) == 16 else "")
    if isinstance(wanted, datetime.time):
        return datetime.time.fromisoformat(found[:15]) == wanted
    if isinstance(wanted, decimal.Decimal):
        return decimal.Decimal(found) == wanted
    return found == str(wanted)


def struct_equal(found, wanted):
    """Whether two numbers are one in four bytes."""
    return pa.scalar(found, pa.float32()).as_py() == pa.scalar(wanted, pa.float32()).as_py() == wanted


def seconds(value):
    text = f"{decimal.Decimal(value // datetime.timedelta(microseconds=1)) / 1_000_000:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(text):
    return in_utc(datetime.datetime.fromisoformat(text.split("[")[0]))


def in_utc(value):
    return value.astimezone(datetime.UTC) if value.tzinfo else value


def rows():
    """Columns of most types, with nothing here and there."""
    utc = datetime.timezone.utc
    day = datetime.date(1990, 2, 1)
    some = lambda make: [None if index % 7 == 3 else make(index) for index in range(500)]
    return {
        "CustomerId": pa.array([f"id {index}" for index in range(500)]),
        "Text": pa.array(some(lambda index: "𠮷田 Rīga"[index % 8:] or "x")),
        "Whole": pa.array(some(lambda index: (-1) ** index * index * 9_007_199_254_740_993), pa.int64()),
        "Small": pa.array(some(lambda index: index % 127), pa.int8()),
        "Double": pa.array(some(lambda index: index / 7), pa.float64()),
        "Flag": pa.array(some(lambda index: index % 2 == 0)),
        "Day": pa.array(some(lambda index: day + datetime.timedelta(index * 50)), pa.date32()),
        "Moment": pa.array(some(lambda index: datetime.datetime(2026, 3, 29, tzinfo=utc)
                                + datetime.timedelta(minutes=index)), pa.timestamp("us", "UTC")),
        "Riga": pa.array(some(lambda index: datetime.datetime(2026, 3, 28, 23, tzinfo=utc)
                              + datetime.timedelta(minutes=index)), pa.timestamp("ms", "Europe/Riga")),
        "Clock": pa.array(some(lambda index: datetime.time(index % 24, 5, 6)), pa.time64("us")),
        "Money": pa.array(some(lambda index: decimal.Decimal(index) / 100), pa.decimal128(12, 2)),
        "Word": pa.array(some(lambda index: "abc"[index % 3])).dictionary_encode(),
        "Tags": pa.array([[1, 2]] * 500),
    }


def writers(service, report, packages):
    """One table by several writers, in the versions and compressions that they have."""
    table = pa.table(rows())
    for compression in ["none", "snappy", "zstd", "gzip", "brotli", "lz4"]:
        for version in ["1.0", "2.6"]:
            for page in ["1.0", "2.0"]:
                pages = {"data_page_version": page, "data_page_size": 900, "row_group_size": 130}
                write(service, report, "pyarrow", lambda out: pq.write_table(
                    table, out, compression=compression, version=version, coerce_timestamps="us", **pages))
    for column, encoding in [("Whole", "DELTA_BINARY_PACKED"), ("Text", "DELTA_BYTE_ARRAY"),
                             ("Text", "DELTA_LENGTH_BYTE_ARRAY"), ("Double", "BYTE_STREAM_SPLIT")]:
        write(service, report, "pyarrow", lambda out: pq.write_table(
            table, out, use_dictionary=False, column_encoding={column: encoding}))
    write(service, report, "pyarrow", lambda out: pq.write_table(
        table.drop_columns(["Clock"]), out, use_deprecated_int96_timestamps=True))
    polars(service, report, table)
    duckdb(service, report, table)
    fast(service, report, table)
    node(service, report, packages)


def write(service, report, writer, how):
    out = io.BytesIO()
    how(out)
    check(service, report, f"Parquet by {writer}", "table", out.getvalue())


def polars(service, report, table):
    import polars as pl
    frame = pl.from_arrow(table)
    for compression in ["uncompressed", "snappy", "zstd", "gzip", "brotli", "lz4"]:
        write(service, report, "Polars", lambda out: frame.write_parquet(out, compression=compression))


def duckdb(service, report, table):
    import duckdb as duck
    duck.register("people", table)
    for codec in ["uncompressed", "snappy", "zstd", "gzip", "brotli", "lz4_raw"]:
        for version in ["V1", "V2"]:
            path = service.lake / "duckdb.parquet"
            duck.sql("SET TimeZone = 'UTC'")
            duck.sql(f"COPY people TO '{path}' "
                     f"(FORMAT parquet, CODEC {codec}, PARQUET_VERSION {version}, ROW_GROUP_SIZE 200)")
            check(service, report, "Parquet by DuckDB", f"{codec} {version}", path.read_bytes())
            path.unlink()


def fast(service, report, table):
    import fastparquet
    frame = table.drop_columns(["Tags", "Clock", "Money", "Day"]).to_pandas()
    for compression in [None, "SNAPPY", "ZSTD", "GZIP", "BROTLI", "LZ4_RAW"]:
        path = service.lake / "fast.parquet"
        fastparquet.write(str(path), frame, compression=compression, write_index=False, row_group_offsets=150)
        check(service, report, "Parquet by fastparquet", str(compression), path.read_bytes())
        path.unlink()


def node(service, report, packages):
    script = pathlib.Path(__file__).with_name("writers.mjs")
    (packages / script.name).write_text(script.read_text("utf-8"), "utf-8")
    subprocess.run(["node", script.name, str(service.lake)], cwd=packages, check=True)
    for path in sorted(service.lake.glob("npm-*.parquet")):
        _, writer, what = path.stem.split("-")
        check(service, report, f"Parquet by {writer} (npm)", what, path.read_bytes())
        path.unlink()
