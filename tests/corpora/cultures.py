"""Days and numbers as the Unicode CLDR writes them in each culture, by Babel and by the ICU of Node."""

import datetime
import json
import pathlib
import re
import subprocess

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from babel.numbers import format_decimal

DAYS = [datetime.date(1990, 2, 1), datetime.date(1985, 12, 31), datetime.date(2001, 10, 9)]
NUMBERS = [1234567.89, -1234.5, 0.25, 1234, 12]
PAGE = pathlib.Path(__file__).parents[2] / "docs/STORAGE.md"
NODE = """
const say = (culture) => ({
  days: [[1990, 1, 1], [1985, 11, 31], [2001, 9, 9]].map((day) => new Date(Date.UTC(...day)).toLocaleDateString(
    culture, { timeZone: 'UTC', year: 'numeric', month: 'numeric', day: 'numeric' })),
  numbers: [1234567.89, -1234.5, 0.25, 1234, 12].map((number) => number.toLocaleString(culture)),
});
const known = (culture) => Intl.DateTimeFormat.supportedLocalesOf([culture]).length > 0;
const cultures = JSON.parse(process.argv[1]).filter(known);
process.stdout.write(JSON.stringify(Object.fromEntries(cultures.map((one) => [one, say(one)]))));
"""


def cultures(service, report, packages):
    """What is read must be right; what a culture writes in another way than the table says stays as it is."""
    names = sorted(set(re.findall(r"\b[a-z]{2,3}(?:-[A-Z]{2})?\b", " ".join(listed()))))
    run = ["node", "-e", NODE, json.dumps(names)]
    by_node = json.loads(subprocess.run(run, check=True, capture_output=True).stdout)
    for name in names:
        if name in by_node:
            check(service, report, "cultures by ICU of Node", name, **by_node[name])
        try:
            locale = Locale.parse(name.replace("-", "_"))
        except UnknownLocaleError:
            continue
        days = [format_skeleton("yMd", day, locale=locale) for day in DAYS]
        numbers = [format_decimal(number, locale=locale) for number in NUMBERS]
        check(service, report, "cultures by Babel (PyPI)", name, days, numbers)


def listed():
    """The rows of the tables of cultures."""
    section = PAGE.read_text("utf-8").split("## Days and numbers of a model")[1].split("\n## ")[0]
    return [line.split("|")[2] for line in section.splitlines() if line.startswith("| ") and "`" in line] + [
        line.split("|")[2] for line in section.splitlines() if line.startswith("| both")]


def check(service, report, collection, name, days, numbers):
    values = [("day", day, text) for day, text in zip(DAYS, days, strict=True)]
    values += [("number", number, text) for number, text in zip(NUMBERS, numbers, strict=True)]
    folder = service.lake / f"model {name}"
    folder.mkdir(exist_ok=True)
    types = {"CustomerId": "string", "day": "date", "number": "double"}
    settings = {"$type": "CsvFormatSettings", "columnHeaders": True, "delimiter": "\t"}
    model = {"name": "Export", "version": "1.0", "culture": name, "entities": [{
        "$type": "LocalEntity", "name": "People",
        "attributes": [{"name": attribute, "dataType": of} for attribute, of in types.items()],
        "partitions": [{"name": "p", "location": "p.csv", "fileFormatSettings": settings}]}]}
    lines = ["\t".join(types)]
    for index, (kind, _, text) in enumerate(values):
        lines.append(f"{index}\t{text}\t" if kind == "day" else f"{index}\t\t{text}")
    (folder / "model.json").write_text(json.dumps(model), "utf-8")
    (folder / "p.csv").write_text("\n".join(lines) + "\n", "utf-8")
    source = {"kind": "customerInsights", "entity": "People", "url": f"file://{folder}"}
    service.good("PUT", "/segments/Model", {"displayName": "Model", "source": source})
    for (kind, value, text), member in zip(values, service.members("Model")[0], strict=True):
        found = member[kind]
        if kind == "day":
            is_right = found == value.isoformat()
        else:
            is_right = is_number(found) and float(found) == value
        if is_right:
            report.right(collection)
        elif found == text and not (kind == "number" and is_number(found)):
            report.refused(collection)
        else:
            report.wrong(collection, f"{name} {text!r}", value, found)


def is_number(text):
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None
