-- For operators, and for the heartbeat: which processes live, and when each last did its work.
CREATE TABLE processes (
    id            UUID PRIMARY KEY,
    -- `api`, `worker`, `scheduler`, separated by commas.
    parts         TEXT NOT NULL,
    version       TEXT NOT NULL,
    started_utc   TIMESTAMPTZ NOT NULL,
    -- When it last wrote this row: it does so several times a minute.
    seen_utc      TIMESTAMPTZ NOT NULL,
    -- When it last acted on planned times; empty of a process without a scheduler.
    scheduled_utc TIMESTAMPTZ,
    -- When it last judged and sent alerts; empty of one that does not.
    notified_utc  TIMESTAMPTZ
);
CREATE INDEX runs_by_end ON runs (end_utc) WHERE end_utc IS NOT NULL;

-- One row an instance: who creates a channel locks it, so that calls at the same moment do not exceed the quota.
CREATE TABLE channel_quotas (
    instance_id UUID PRIMARY KEY
);
