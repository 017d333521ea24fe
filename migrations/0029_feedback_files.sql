-- Who left a list by their own wish or bounced, as Parquet in a folder of the customer after each run.

-- `{"url"}`; empty: nothing is written.
ALTER TABLE exports ADD COLUMN feedback JSONB;
CREATE INDEX exports_with_feedback ON exports (id) WHERE feedback IS NOT NULL;
CREATE INDEX runs_ended_of_export ON runs (export_id, end_utc) WHERE end_utc IS NOT NULL;

-- How far the files of an export have come. The files are the customer's: they stay when the export is removed.
CREATE TABLE feedback_files (
    export_id  UUID PRIMARY KEY REFERENCES exports (id) ON DELETE CASCADE,
    -- The number of the last file whose people are chosen, and of the last one that is in the folder: the same, or one
    -- less while a file is written. Every write compares both, so that of two writers one gives up.
    planned    BIGINT NOT NULL,
    written    BIGINT NOT NULL,
    -- The end of the newest run whose leavers are all in a file; empty before the first one.
    seen_utc   TIMESTAMPTZ,
    -- Not before this time is it tried (again).
    not_before TIMESTAMPTZ,
    -- How often it failed in a row, and why it failed last; empty when it did not.
    failures   BIGINT NOT NULL DEFAULT 0,
    flaw       TEXT
);

-- Whom the files have, so that nobody is in two of them. No address is here: only a keyed hash.
CREATE TABLE feedback_people (
    export_id UUID NOT NULL REFERENCES exports (id) ON DELETE CASCADE,
    -- The first 8 bytes of HMAC-SHA-256 of the state and the address, with the key of the instance for tombstones.
    digest    BIGINT NOT NULL,
    -- When the person left, in seconds on the clock of the account: who leaves again later is told again.
    left_at   BIGINT NOT NULL,
    -- The number of the file.
    file      BIGINT NOT NULL,
    PRIMARY KEY (export_id, digest)
);
