-- The encryption keys that this database knows. Another key under a known id would start, and open no secret.
CREATE TABLE key_fingerprints (
    key_id         TEXT PRIMARY KEY,
    fingerprint    TEXT NOT NULL,
    first_seen_utc TIMESTAMPTZ NOT NULL
);
