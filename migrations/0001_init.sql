-- One text for PostgreSQL and SQLite. Times and ids are bound by the program, never made here.
-- Words (status, kind …) are those of the API, so that a row reads like an answer.

-- A Campaign Monitor account that exports may write to.
CREATE TABLE connections (
    id                     UUID PRIMARY KEY,
    instance_id            UUID NOT NULL,
    display_name           TEXT NOT NULL,
    type                   TEXT NOT NULL,
    allowed_roles          TEXT NOT NULL,
    -- Who agreed that data leaves the compliance boundary, when, and to which version of the text.
    consent_by             TEXT NOT NULL,
    consent_utc            TIMESTAMPTZ NOT NULL,
    consent_version        TEXT NOT NULL,
    -- The credential: what it is, and the sealed secret (`keyId:base64`), never the secret itself.
    credential_kind        TEXT,
    credential_sealed      TEXT,
    credential_last_four   TEXT,
    credential_verified_utc TIMESTAMPTZ,
    -- Why Campaign Monitor refused the credential; cleared when it is renewed.
    refused_message        TEXT,
    -- The Customer Insights user that scheduled runs act as.
    export_user_subject    TEXT,
    export_user_name       TEXT,
    export_user_utc        TIMESTAMPTZ,
    version                BIGINT NOT NULL,
    created_by             TEXT NOT NULL,
    created_utc            TIMESTAMPTZ NOT NULL,
    updated_by             TEXT NOT NULL,
    updated_utc            TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX connection_name_per_instance ON connections (instance_id, display_name);

-- A set of profiles, and where its members are stored.
CREATE TABLE segments (
    id            UUID PRIMARY KEY,
    instance_id   UUID NOT NULL,
    name          TEXT NOT NULL,
    display_name  TEXT NOT NULL,
    source        JSONB NOT NULL,
    -- What the last refresh found; all absent before the first members.
    manifest      JSONB,
    fields        JSONB,
    member_count  BIGINT,
    refreshed_utc TIMESTAMPTZ,
    version       BIGINT NOT NULL,
    created_by    TEXT NOT NULL,
    created_utc   TIMESTAMPTZ NOT NULL,
    updated_by    TEXT NOT NULL,
    updated_utc   TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX segment_name_per_instance ON segments (instance_id, name);

-- Uploaded members that a newer upload replaced; removed once no open run reads them.
CREATE TABLE superseded_objects (
    path       TEXT PRIMARY KEY,
    segment_id UUID NOT NULL,
    since_utc  TIMESTAMPTZ NOT NULL
);

-- Which segments go to which list, how, and when.
CREATE TABLE exports (
    id            UUID PRIMARY KEY,
    instance_id   UUID NOT NULL,
    display_name  TEXT NOT NULL,
    connection_id UUID REFERENCES connections (id),
    list_id       TEXT NOT NULL,
    mapping       JSONB NOT NULL,
    options       JSONB NOT NULL,
    schedule      JSONB NOT NULL,
    version       BIGINT NOT NULL,
    created_by    TEXT NOT NULL,
    created_utc   TIMESTAMPTZ NOT NULL,
    updated_by    TEXT NOT NULL,
    updated_utc   TIMESTAMPTZ NOT NULL
);
CREATE INDEX exports_of_instance ON exports (instance_id, id);
CREATE INDEX exports_of_connection ON exports (connection_id);

CREATE TABLE export_segments (
    export_id  UUID NOT NULL REFERENCES exports (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    segment_id UUID NOT NULL REFERENCES segments (id),
    PRIMARY KEY (export_id, position)
);
CREATE INDEX exports_of_segment ON export_segments (segment_id);

-- One execution of an export. This table is the truth; the queue only hints at it.
CREATE TABLE runs (
    id               UUID PRIMARY KEY,
    instance_id      UUID NOT NULL,
    export_id        UUID NOT NULL,
    export_name      TEXT NOT NULL,
    connection_id    UUID NOT NULL,
    list_id          TEXT NOT NULL,
    -- The mapping and options as they were when the run was submitted.
    mapping          JSONB NOT NULL,
    options          JSONB NOT NULL,
    status           TEXT NOT NULL CHECK (status IN
        ('queued', 'running', 'successful', 'completedWithErrors', 'failed', 'canceled', 'skipped')),
    reason           JSONB,
    warnings         JSONB NOT NULL,
    submission_kind  TEXT NOT NULL,
    submitted_by     TEXT NOT NULL,
    submitted_utc    TIMESTAMPTZ NOT NULL,
    start_utc        TIMESTAMPTZ,
    end_utc          TIMESTAMPTZ,
    -- The law: selected = created + updated + rejected + duplicate + invalid + in_doubt + remaining.
    selected         BIGINT NOT NULL,
    created          BIGINT NOT NULL DEFAULT 0,
    updated          BIGINT NOT NULL DEFAULT 0,
    rejected         BIGINT NOT NULL DEFAULT 0,
    duplicate        BIGINT NOT NULL DEFAULT 0,
    invalid          BIGINT NOT NULL DEFAULT 0,
    in_doubt         BIGINT NOT NULL DEFAULT 0,
    field_warnings   JSONB NOT NULL,
    -- Rows accounted for, counted from the first; the next attempt goes on here.
    position         BIGINT NOT NULL DEFAULT 0,
    -- Rows that may have been sent: after a crash, those beyond `position` are in doubt until sent again.
    sent_until       BIGINT NOT NULL DEFAULT 0,
    -- Raised by each claim. Every later write names it, so a worker that lost its lease cannot write.
    fence            BIGINT NOT NULL DEFAULT 0,
    lease_until      TIMESTAMPTZ,
    -- Claims since the last progress. A run that stalls too often is poison.
    stalls           INTEGER NOT NULL DEFAULT 0,
    not_before       TIMESTAMPTZ NOT NULL,
    pushed_at        TIMESTAMPTZ,
    cancel_requested BOOLEAN NOT NULL DEFAULT FALSE,
    traceparent      TEXT,
    trace_id         TEXT,
    version          BIGINT NOT NULL DEFAULT 1
);
-- The database guarantees one open run per export, and one upload at a time per connection.
CREATE UNIQUE INDEX one_open_run_per_export ON runs (export_id) WHERE status IN ('queued', 'running');
CREATE UNIQUE INDEX one_running_per_connection ON runs (connection_id) WHERE status = 'running';
CREATE INDEX runs_due ON runs (not_before) WHERE status IN ('queued', 'running');
CREATE INDEX runs_of_instance ON runs (instance_id, id);
CREATE INDEX runs_of_export ON runs (export_id, id);

-- The segments of a run, and the very objects it reads, pinned at its start.
CREATE TABLE run_segments (
    run_id       UUID NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    segment_id   UUID NOT NULL,
    name         TEXT NOT NULL,
    member_count BIGINT NOT NULL,
    manifest     JSONB,
    PRIMARY KEY (run_id, position)
);
CREATE INDEX runs_of_segment ON run_segments (segment_id);

-- A page of at most 1000 rows, with what Campaign Monitor answered.
CREATE TABLE batches (
    run_id      UUID NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    first_row   BIGINT NOT NULL,
    "rows"      BIGINT NOT NULL,
    status      TEXT NOT NULL,
    http_status INTEGER,
    attempts    INTEGER NOT NULL,
    duration_ms BIGINT NOT NULL,
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL,
    rejected    BIGINT NOT NULL,
    PRIMARY KEY (run_id, number)
);

-- Every profile that is not on the list because of this run. `position` is its row in the run.
CREATE TABLE rejections (
    run_id      UUID NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position    BIGINT NOT NULL,
    batch       BIGINT NOT NULL,
    customer_id TEXT NOT NULL,
    email       TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    code        TEXT NOT NULL,
    message     TEXT NOT NULL,
    PRIMARY KEY (run_id, position)
);

-- The first answer to a POST that creates, repeated for the same key and body.
CREATE TABLE idempotency_keys (
    instance_id  UUID NOT NULL,
    subject      TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status       INTEGER NOT NULL,
    location     TEXT,
    etag         TEXT,
    body         TEXT NOT NULL,
    created_utc  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (instance_id, subject, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_utc);
