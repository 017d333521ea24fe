-- Row logs: the outcome of each profile, as Parquet in a folder of the customer.

-- `{"url", "payload"}`; empty: the export has none. A run keeps what its export had when it was submitted.
ALTER TABLE exports ADD COLUMN row_log JSONB;
ALTER TABLE runs ADD COLUMN row_log JSONB;

-- Where the rows of a run are. The files are the customer's: they stay when this row leaves with its run.
CREATE TABLE row_logs (
    run_id  UUID PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    -- The storage root by its name, and the folder of the run below it.
    root    TEXT NOT NULL,
    path    TEXT NOT NULL,
    -- Whether the rows have the records as they were sent.
    payload BOOLEAN NOT NULL,
    -- `open` until the manifest is written, `written` from then on, `lost` when that was impossible for too long.
    state   TEXT NOT NULL CHECK (state IN ('open', 'written', 'lost'))
);
CREATE INDEX row_logs_open ON row_logs (run_id) WHERE state = 'open';

-- The files of a run: one for a batch, and those of people who left. A file is named in the transaction that counts its
-- rows, so each row is in one named file. What is in the folder and not named is nobody's.
CREATE TABLE row_log_files (
    run_id   UUID NOT NULL REFERENCES row_logs (run_id) ON DELETE CASCADE,
    name     TEXT NOT NULL,
    -- Empty of people who left.
    batch    BIGINT,
    "rows"   BIGINT NOT NULL,
    bytes    BIGINT NOT NULL,
    -- `{outcome: rows}`.
    outcomes JSONB NOT NULL,
    PRIMARY KEY (run_id, name)
);
