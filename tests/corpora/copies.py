"""Parquet files and models of repositories. No registry has them but for a few in pyarrow's package, so the others are
read from copies: `PARQUET_TESTING` is a folder of apache/parquet-testing, `CDM` one of microsoft/CDM."""

import io
import json
import os
import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

from parquets import check

ID = b"CustomerId"
MAGIC = b"PAR1"
NAME_LETTERS_MIN = 2


def packaged(service, report, packages):
    """What pyarrow has for its own tests."""
    folder = pathlib.Path(pa.__file__).parent / "tests/data/parquet"
    files(service, report, "Parquet of pyarrow's tests (PyPI)", folder)


def parquet_testing(service, report, packages):
    name = "apache/parquet-testing"
    if folder := os.environ.get("PARQUET_TESTING"):
        files(service, report, name, pathlib.Path(folder))
    else:
        report.absent(name, "no registry has it; PARQUET_TESTING=FOLDER names a copy")


def files(service, report, name, folder):
    for file in sorted(folder.rglob("*.parquet")):
        try:
            body = with_id(file.read_bytes())
            pq.read_table(io.BytesIO(body))
        except (OSError, NotImplementedError, ValueError, TypeError, pa.ArrowException):
            unread(service, report, name, file)
            continue
        check(service, report, name, str(file.relative_to(folder)), body)


def unread(service, report, name, file):
    """What pyarrow cannot read, the service refuses."""
    status, answer = service.upload(file.read_bytes(), "application/vnd.apache.parquet")
    report.answer(name, file.name, status, answer)


def with_id(body):
    """The file, of which one column has the name of the id. Nothing but names in the footer is changed, and the copy of
    the schema there that has the old one is given a name that no reader knows."""
    table = pq.read_table(io.BytesIO(body))
    column = next((name for name in table.column_names if is_id(name, table)), None)
    if column is None:
        return body
    length = int.from_bytes(body[-8:-4], "little")
    footer = body[-8 - length:-8].replace(bytes([len(column)]) + column.encode(), bytes([len(ID)]) + ID)
    footer = footer.replace(b"ARROW:schema", b"ARROW-schema")
    renamed = body[:-8 - length] + footer + len(footer).to_bytes(4, "little") + MAGIC
    same = [ID.decode() if name == column else name for name in table.column_names]
    found = pq.read_table(io.BytesIO(renamed))
    return renamed if found.column_names == same and found.column(ID.decode()) == table.column(column) else body


def is_id(name, table):
    """Whether each row has a value of its own there."""
    column = table.column(name)
    is_plain = pa.types.is_integer(column.type) or pa.types.is_string(column.type)
    fits = NAME_LETTERS_MIN <= len(name.encode()) < 128 and column.null_count == 0
    return is_plain and fits and len(set(column.to_pylist())) == len(column)


def models(service, report, packages):
    """Each entity of each `model.json`, with a row of ones in its first partition."""
    name = "models of microsoft/CDM"
    if not (copy := os.environ.get("CDM")):
        report.absent(name, "no registry has them; CDM=FOLDER names a copy")
        return
    for file in sorted(pathlib.Path(copy).rglob("*model.json")):
        try:
            model = json.loads(file.read_text("utf-8-sig"))
            entities = [entity for entity in model["entities"] if entity.get("attributes")]
        except (ValueError, KeyError, TypeError):
            continue
        for entity in entities:
            one_model(service, report, name, model, entity)


def one_model(service, report, name, model, entity):
    folder = service.lake / "model of cdm"
    folder.mkdir(exist_ok=True)
    entity["attributes"][0]["name"] = ID.decode()
    entity["partitions"] = [{"name": "p", "location": "p.csv", "fileFormatSettings": {
        "$type": "CsvFormatSettings", "columnHeaders": False, "delimiter": ","}}]
    (folder / "model.json").write_text(json.dumps(model), "utf-8")
    (folder / "p.csv").write_text(",".join("1" for _ in entity["attributes"]) + "\n", "utf-8")
    source = {"kind": "customerInsights", "entity": entity["name"], "url": f"file://{folder}"}
    status, answer = service.register(source, "Model")
    if status >= 300:
        report.answer(name, f"{model.get('name')} {entity['name']}", status, answer)
        return
    fields = [attribute["name"] for attribute in entity["attributes"]]
    members, count = service.members("Model")
    found = ([field["name"] for field in answer["fields"]], count, members[0])
    report.compare(name, f"{model.get('name')} {entity['name']}", (fields, 1, dict.fromkeys(fields, "1")), found)
