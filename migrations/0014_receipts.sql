-- What is compared with the list after a run, and what proves a run to others.

-- How many people a list had in each state, before the first upload of a run and after its last.
CREATE TABLE list_counts (
    run_id        UUID NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    -- `before` or `after`.
    moment        TEXT NOT NULL,
    active        BIGINT NOT NULL,
    unconfirmed   BIGINT NOT NULL,
    unsubscribed  BIGINT NOT NULL,
    bounced       BIGINT NOT NULL,
    deleted       BIGINT NOT NULL,
    -- People who came into each state since the run began; empty before it.
    entered       JSONB,
    read_utc      TIMESTAMPTZ NOT NULL,
    -- The same moment on the clock of the account, which names no zone.
    account_time  TEXT NOT NULL,
    PRIMARY KEY (run_id, moment)
);

-- A comparison of a list with what a run sent.
CREATE TABLE verifications (
    id                UUID PRIMARY KEY,
    run_id            UUID NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    instance_id       UUID NOT NULL,
    level             TEXT NOT NULL,
    -- Of a sample: pages that are read.
    pages             BIGINT,
    status            TEXT NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'failed')),
    -- Subject of who asked for it; empty for the one that belongs to the run.
    requested_by      TEXT,
    requested_utc     TIMESTAMPTZ NOT NULL,
    start_utc         TIMESTAMPTZ,
    end_utc           TIMESTAMPTZ,
    -- Raised by each claim. Every later write names it.
    fence             BIGINT NOT NULL DEFAULT 0,
    lease_until       TIMESTAMPTZ,
    not_before        TIMESTAMPTZ NOT NULL,
    -- What it found; empty until it is completed, and for what its level cannot know.
    confirmed         BIGINT,
    missing           BIGINT,
    changed_by_others BIGINT,
    strangers         BIGINT,
    unknown           BIGINT,
    bound             BIGINT,
    -- Pages that it read, and pages of the list.
    pages_read        BIGINT,
    pages_of          BIGINT,
    -- Why it failed, in words.
    reason            TEXT
);
CREATE INDEX verifications_of_run ON verifications (run_id, id);
CREATE INDEX verifications_due ON verifications (not_before) WHERE status IN ('queued', 'running');
CREATE UNIQUE INDEX one_open_verification_per_run ON verifications (run_id) WHERE status IN ('queued', 'running');

-- The people of whom a verification found something else than was sent, up to 10,000. They are personal data, and leave
-- with the rejections of the run.
CREATE TABLE verification_differences (
    verification_id UUID NOT NULL REFERENCES verifications (id) ON DELETE CASCADE,
    -- From 1.
    number          BIGINT NOT NULL,
    kind            TEXT NOT NULL,
    email           TEXT NOT NULL,
    -- Empty of people who are not members.
    customer_id     TEXT,
    -- What they are to the list, where it is known.
    state           TEXT,
    PRIMARY KEY (verification_id, number)
);

-- The keys that sign receipts. The public part stays when a new key is made, so that older receipts can be verified.
CREATE TABLE signing_keys (
    id          UUID PRIMARY KEY,
    -- The public key of Ed25519, base64url.
    public_key  TEXT NOT NULL,
    -- The private key (`keyId:base64`), only while the key signs.
    sealed      TEXT,
    is_current  BOOLEAN NOT NULL,
    created_utc TIMESTAMPTZ NOT NULL,
    retired_utc TIMESTAMPTZ
);
CREATE UNIQUE INDEX one_current_signing_key ON signing_keys (is_current) WHERE is_current;

-- Profiles of a batch that no answer counted, but that were read back as they were sent.
ALTER TABLE batches ADD COLUMN inferred BIGINT NOT NULL DEFAULT 0;
