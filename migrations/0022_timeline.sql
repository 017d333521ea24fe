-- Where the time of a run went, and the calls that it made.

-- `{"untilUtc", "spent": {phase: microseconds}}`: every moment from the submission to `untilUtc` belongs to one phase.
-- Empty until a worker writes it first; the time since `untilUtc` without a worker is `queued`.
ALTER TABLE runs ADD COLUMN timeline JSONB;
-- `{"made", "failed", "stored", "storedFailed", "bodies"}`: the calls of the run, and how many of them are stored.
ALTER TABLE runs ADD COLUMN requests JSONB;

-- When the first call of a batch was made; empty of batches that an older version wrote.
ALTER TABLE batches ADD COLUMN started_utc TIMESTAMPTZ;
-- What a batch waited for, in milliseconds; 0 of batches that an older version wrote.
ALTER TABLE batches ADD COLUMN encoding_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN waiting_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN throttled_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN uploading_ms BIGINT NOT NULL DEFAULT 0;

-- The calls of a run to Campaign Monitor. They are written with the batches that they belong to, so a call of a worker
-- that died before that is missing. Bodies and paths are masked when they are read; they leave with the rejections.
CREATE TABLE run_requests (
    run_id         UUID NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    -- From 1, in the order in which the calls ended.
    number         BIGINT NOT NULL,
    -- The claim of the run, from 1.
    attempt        BIGINT NOT NULL,
    -- Empty of a call that belongs to no batch.
    batch          BIGINT,
    method         TEXT NOT NULL,
    -- With the query, in which addresses are masked.
    path           TEXT NOT NULL,
    -- Empty when there was no answer.
    status         INTEGER,
    -- Why there was none: `unreachable`, `timedOut`, `interrupted` or `abandoned`.
    failure        TEXT,
    started_utc    TIMESTAMPTZ NOT NULL,
    duration_ms    BIGINT NOT NULL,
    -- Bytes of the bodies; of the answer as it was decompressed.
    request_bytes  BIGINT NOT NULL,
    response_bytes BIGINT NOT NULL,
    -- The headers `X-RateLimit-Limit`, `-Remaining` and `-Reset`, and `Retry-After`, as they came.
    rate_limit     TEXT,
    rate_remaining TEXT,
    rate_reset     TEXT,
    retry_after    TEXT,
    trace_id       TEXT,
    -- The first bytes of the bodies, of the first calls and of failed ones.
    request_body   TEXT,
    response_body  TEXT,
    PRIMARY KEY (run_id, number)
);
