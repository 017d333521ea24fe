-- People who are erased everywhere, and what keeps them from being sent afterwards.

-- A request to erase people. Once it is completed, it names nobody.
CREATE TABLE erasures (
    id            UUID PRIMARY KEY,
    instance_id   UUID NOT NULL,
    -- How many people the request named.
    people        BIGINT NOT NULL,
    -- Who they are, sealed (`keyId:base64`); empty once the erasure is completed.
    people_sealed TEXT,
    -- Why they are erased, and the request of the caller's own books, in the caller's words. They name nobody.
    legal_basis   TEXT NOT NULL,
    reference     TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('pending', 'inProgress', 'completed')),
    requested_by  TEXT NOT NULL,
    requested_utc TIMESTAMPTZ NOT NULL,
    -- One month after the request (article 12(3) of the GDPR).
    due_utc       TIMESTAMPTZ NOT NULL,
    completed_utc TIMESTAMPTZ,
    -- Why it is not completed yet, in words; empty while nothing is in its way.
    waiting       TEXT,
    -- Until when its tombstones keep the people from being sent; empty once they are lifted.
    tombstones_utc TIMESTAMPTZ,
    -- Who lifted them, when, and why.
    lifted_by     TEXT,
    lifted_utc    TIMESTAMPTZ,
    lifted_because TEXT,
    -- Whether the addresses of people who were named by their id are known.
    is_resolved   BOOLEAN NOT NULL DEFAULT FALSE,
    -- Steps of the sweep through the lists: two for each group of people, who are first counted, then deleted.
    list_steps    BIGINT NOT NULL DEFAULT 0,
    -- Raised by each claim. Every later write names it.
    fence         BIGINT NOT NULL DEFAULT 0,
    lease_until   TIMESTAMPTZ,
    not_before    TIMESTAMPTZ NOT NULL,
    version       BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX erasures_of_instance ON erasures (instance_id, id);
CREATE INDEX erasures_due ON erasures (not_before) WHERE status <> 'completed';
CREATE INDEX erasures_by_age ON erasures (completed_utc) WHERE status = 'completed';

-- What was found of the people in each place, and removed from it.
CREATE TABLE erasure_sites (
    erasure_id   UUID NOT NULL REFERENCES erasures (id) ON DELETE CASCADE,
    -- `lists`, `baselines` and so on.
    site         TEXT NOT NULL,
    -- Empty of a place that this service cannot search.
    found        BIGINT,
    removed      BIGINT,
    -- When a second search found nobody any more; empty before.
    verified_utc TIMESTAMPTZ,
    -- What there is to know, and to do, in words.
    remark       TEXT NOT NULL,
    PRIMARY KEY (erasure_id, site)
);

-- The key of an instance by which erased people are known again, and how often its tombstones grew.
CREATE TABLE tombstone_keys (
    instance_id UUID PRIMARY KEY,
    -- The sealed key belongs to this id.
    id          UUID NOT NULL,
    sealed      TEXT NOT NULL,
    -- Raised whenever tombstones are added: a run that has read an older one reads them again.
    generation  BIGINT NOT NULL
);

-- Addresses and ids that are not sent. None of them is here: only HMAC-SHA-256 of each, with the key of the instance.
CREATE TABLE tombstones (
    erasure_id  UUID NOT NULL REFERENCES erasures (id) ON DELETE CASCADE,
    -- The first 16 bytes, in hexadecimal.
    digest      TEXT NOT NULL,
    instance_id UUID NOT NULL,
    expires_utc TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (erasure_id, digest)
);
CREATE INDEX tombstones_of_instance ON tombstones (instance_id, expires_utc);
CREATE INDEX tombstones_by_age ON tombstones (expires_utc);

-- Which generation of tombstones the run keeps to; 0 of a run that knows none.
ALTER TABLE runs ADD COLUMN tombstones_seen BIGINT NOT NULL DEFAULT 0;
