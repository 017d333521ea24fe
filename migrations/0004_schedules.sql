-- The next time an export with a schedule of its own is planned for. Whoever moves it on starts the run, in the same
-- transaction: a time is fired once, and none is lost.
ALTER TABLE exports ADD COLUMN next_planned_utc TIMESTAMPTZ;
CREATE INDEX exports_planned ON exports (next_planned_utc) WHERE next_planned_utc IS NOT NULL;

-- When the system refresh of an instance comes; no row: never.
CREATE TABLE refresh_schedules (
    instance_id      UUID PRIMARY KEY,
    schedule         JSONB NOT NULL,
    -- Moved on like that of an export.
    next_planned_utc TIMESTAMPTZ,
    version          BIGINT NOT NULL,
    created_by       TEXT NOT NULL,
    created_utc      TIMESTAMPTZ NOT NULL,
    updated_by       TEXT NOT NULL,
    updated_utc      TIMESTAMPTZ NOT NULL
);
CREATE INDEX refreshes_planned ON refresh_schedules (next_planned_utc) WHERE next_planned_utc IS NOT NULL;

-- Refreshes that Customer Insights reported, so that a report that comes again starts nothing.
CREATE TABLE refreshes (
    instance_id  UUID NOT NULL,
    refresh_id   TEXT NOT NULL,
    -- The runs that were started, and those that were skipped.
    runs         JSONB NOT NULL,
    received_by  TEXT NOT NULL,
    received_utc TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (instance_id, refresh_id)
);
CREATE INDEX refreshes_by_age ON refreshes (received_utc);

-- The time a run was planned for, if a schedule started it.
ALTER TABLE runs ADD COLUMN planned_utc TIMESTAMPTZ;

-- The connection of a run may be missing: an export without one is skipped. SQLite cannot take NOT NULL off a column,
-- so it is made anew.
DROP INDEX one_running_per_connection;
ALTER TABLE runs RENAME COLUMN connection_id TO old_connection_id;
ALTER TABLE runs ADD COLUMN connection_id UUID;
UPDATE runs SET connection_id = old_connection_id;
ALTER TABLE runs DROP COLUMN old_connection_id;
CREATE UNIQUE INDEX one_running_per_connection ON runs (connection_id) WHERE status = 'running';
