-- The chain of the audit: a link for each event, with a hash over the event and the link before, so that an event that
-- is changed, missing or inserted is found. Links are only ever added, and removed from the beginning by retention.
CREATE TABLE audit_chain (
    -- From 1, without gaps.
    position         BIGINT PRIMARY KEY,
    -- `mark`: the first one, and the first one of each key. `event`: written with its event. `adopted`: of an event that
    -- a version wrote which knows no chain. `removal`: what retention has removed.
    kind             TEXT NOT NULL CHECK (kind IN ('mark', 'event', 'adopted', 'removal')),
    -- Of `event` and `adopted`.
    event_id         UUID UNIQUE,
    -- When the event happened; of the others, when the link was added.
    occurred_utc     TIMESTAMPTZ NOT NULL,
    -- SHA-256 of the event, in hexadecimal; empty for `mark` and `removal`.
    digest           TEXT NOT NULL,
    -- Of `removal`: events from before this time may be missing, and links up to this position, which had this hash (0
    -- and empty when there are none).
    removed_before   TIMESTAMPTZ,
    removed_position BIGINT,
    removed_hash     TEXT,
    -- SHA-256 of this link and the hash of the one before, in hexadecimal.
    hash             TEXT NOT NULL,
    -- The encryption key whose mark of the hash this is: HMAC-SHA-256, in base64.
    key_id           TEXT NOT NULL,
    mark             TEXT NOT NULL
);
CREATE INDEX audit_chain_removals ON audit_chain (position) WHERE kind = 'removal';

-- The end of the chain: one row, which is locked while links are added. None before the first one.
CREATE TABLE audit_chain_head (
    id         INTEGER PRIMARY KEY,
    position   BIGINT NOT NULL,
    hash       TEXT NOT NULL
);

-- Whether the actor proved who it is. False: it is what a rejected token claims.
ALTER TABLE audit_events ADD COLUMN actor_verified BOOLEAN NOT NULL DEFAULT TRUE;
