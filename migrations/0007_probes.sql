-- Readiness writes the time here, and reads it back: a disk that is full lets reads through. One row.
CREATE TABLE probes (
    id INTEGER PRIMARY KEY,
    written_utc TIMESTAMPTZ NOT NULL
);
