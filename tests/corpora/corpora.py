"""Collections that others made, shown to the service: see docs/ARCHITECTURE.md. Ends with 1 when something is wrong.

Usage: corpora.py PROGRAM FOLDER-OF-PACKAGES [COLLECTION…]
"""

import pathlib
import signal
import sys
import time
import traceback

import copies
import cultures
import kinds
import parquets
import people
import texts
from report import Report
from service import Service

COLLECTIONS = {
    "spectrum": texts.spectrum,
    "csv": texts.csv_files,
    "json": texts.json_suite,
    "ndjson": texts.json_files,
    "writers": parquets.writers,
    "packaged": copies.packaged,
    "parquet-testing": copies.parquet_testing,
    "models": copies.models,
    "kinds": kinds.others,
    "cultures": cultures.cultures,
    "naughty": people.naughty,
    "addresses": people.addresses,
    "phones": people.phones,
}


def main():
    program, packages, *wanted = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    service, report, started = Service(program), Report(), time.time()
    try:
        for name, collection in COLLECTIONS.items():
            if not wanted or name in wanted:
                try:
                    collection(service, report, pathlib.Path(packages))
                    print(f"{name}: {time.time() - started:.0f} s", flush=True)
                except Exception:
                    report.wrong(name, "the collection itself", "an end", traceback.format_exc()[-300:])
    finally:
        service.stop()
    wrong = report.show()
    print(f"{time.time() - started:.0f} s")
    sys.exit(1 if wrong else 0)


main()
