"""Files of other kinds by their usual writers: none is read, and each answer says what it is."""

import io
import pathlib
import sqlite3
import tempfile
import zipfile

import pandas as pd
import pyarrow as pa

FRAME = pd.DataFrame({"CustomerId": ["1", "2"], "Email": ["ann@example.com", "bob@example.com"]})


def others(service, report, packages):
    for name, body in bodies():
        for media in ["text/csv", "application/x-ndjson", "application/vnd.apache.parquet"]:
            status, answer = service.upload(body, media)
            report.answer("files of other kinds", f"{name} as {media}", status, answer)
    for file in sorted((pathlib.Path(pa.__file__).parent / "tests/data").rglob("*.*")):
        if file.suffix in (".orc", ".feather", ".gz"):
            status, answer = service.upload(file.read_bytes())
            report.answer("files of other kinds, pyarrow's tests", file.name, status, answer)


def bodies():
    for engine in ["openpyxl", "xlsxwriter", "odf"]:
        yield engine, written(lambda out: FRAME.to_excel(out, engine=engine, index=False))
    yield "xlwt", written(old_workbook)
    yield "feather", written(FRAME.to_feather)
    yield "orc", written(lambda out: FRAME.to_orc(out, index=False))
    yield "pickle", written(FRAME.to_pickle)
    yield "stata", written(lambda out: FRAME.to_stata(out, write_index=False))
    yield "html", FRAME.to_html(index=False).encode()
    yield "xml", pages()
    yield "json", FRAME.to_json(orient="records").encode()
    yield "json lines in an object", FRAME.to_json(orient="split").encode()
    yield "sqlite", database()
    yield "avro", written(avro)
    for method in ["zip", "gzip", "bz2", "xz", "tar"]:
        yield method, written(lambda out: FRAME.to_csv(out, index=False, compression=method))
    yield "latin-1", "CustomerId,City\n1,Münster\n".encode("latin-1")
    yield "UTF-16 without its mark", "CustomerId,City\n1,Riga\n".encode("utf-16-le")


def written(how):
    out = io.BytesIO()
    kept = out.getvalue
    out.close = lambda: None
    how(out)
    return kept()


def old_workbook(out):
    import xlwt
    book = xlwt.Workbook()
    book.add_sheet("a").write(0, 0, "CustomerId")
    book.save(out)


def pages():
    return b'<?xml version="1.0"?>\n<rows><row><CustomerId>1</CustomerId></row></rows>\n'


def database():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "a.db")
        connection = sqlite3.connect(path)
        FRAME.to_sql("people", connection)
        connection.close()
        return path.read_bytes()


def avro(out):
    import fastavro
    fields = [{"name": name, "type": "string"} for name in FRAME.columns]
    fastavro.writer(out, {"type": "record", "name": "Person", "fields": fields}, FRAME.to_dict("records"))
