-- Expected and actual: the ledger of planned times, and how old the data was that a run read.

-- A planned time that has passed. Whoever lives notes it, so that it is also known when no scheduler does.
CREATE TABLE planned_times (
    -- A UUID of version 7 made of the planned time: later times have larger ids.
    id             UUID PRIMARY KEY,
    instance_id    UUID NOT NULL,
    export_id      UUID NOT NULL REFERENCES exports (id) ON DELETE CASCADE,
    planned_utc    TIMESTAMPTZ NOT NULL,
    -- The run that answers it, or that made up for it; empty while there is none.
    run_id         UUID,
    -- Why no run was started for it: `serviceDown`, `unplanned`; empty while one may, or was.
    missed_because TEXT
);
CREATE UNIQUE INDEX one_planned_time ON planned_times (export_id, planned_utc);
CREATE INDEX planned_times_of_export ON planned_times (export_id, id);
CREATE INDEX planned_times_open ON planned_times (planned_utc) WHERE run_id IS NULL AND missed_because IS NULL;
CREATE INDEX planned_times_by_age ON planned_times (planned_utc);

-- When the segment was refreshed whose members the run reads; empty of runs of older versions.
ALTER TABLE run_segments ADD COLUMN refreshed_utc TIMESTAMPTZ;
