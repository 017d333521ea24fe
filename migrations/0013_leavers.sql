-- What a run does to people who are no longer in its segments, and what it waits for before it does it.

-- Instances for which nothing is sent, until an administrator resumes them.
CREATE TABLE pauses (
    instance_id UUID PRIMARY KEY,
    -- Why, in the words of who paused it.
    note        TEXT NOT NULL,
    paused_by   TEXT NOT NULL,
    paused_utc  TIMESTAMPTZ NOT NULL
);

-- The list of a run since its last claim; empty before, and of runs that an older program claims. One run at a time
-- changes a list, over whichever connection: only then it is known who else holds a person there.
ALTER TABLE runs ADD COLUMN running_list TEXT;
CREATE UNIQUE INDEX one_running_per_list ON runs (running_list) WHERE status = 'running';
CREATE INDEX runs_waiting_for_list ON runs (list_id, id) WHERE status = 'queued';

-- A queued run that waits for a person: until then somebody may approve it. Empty when it does not.
ALTER TABLE runs ADD COLUMN held_until TIMESTAMPTZ;
CREATE INDEX runs_held ON runs (held_until) WHERE held_until IS NOT NULL AND status = 'queued';

-- A part of `updated`: people whom an earlier run had taken off the list, and who are on it again.
ALTER TABLE runs ADD COLUMN resubscribed BIGINT NOT NULL DEFAULT 0 CHECK (resubscribed BETWEEN 0 AND updated);

-- People who are in the baseline, and no longer in the segments. The law:
-- found = flagged + deleted + unsubscribed + kept + gone + failed + remaining.
ALTER TABLE runs ADD COLUMN leavers_found BIGINT NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN leavers_flagged BIGINT NOT NULL DEFAULT 0 CHECK (leavers_flagged >= 0);
ALTER TABLE runs ADD COLUMN leavers_deleted BIGINT NOT NULL DEFAULT 0 CHECK (leavers_deleted >= 0);
ALTER TABLE runs ADD COLUMN leavers_unsubscribed BIGINT NOT NULL DEFAULT 0 CHECK (leavers_unsubscribed >= 0);
-- Not ours, or held by another export.
ALTER TABLE runs ADD COLUMN leavers_kept BIGINT NOT NULL DEFAULT 0 CHECK (leavers_kept >= 0);
-- Off the list before this run came to them.
ALTER TABLE runs ADD COLUMN leavers_gone BIGINT NOT NULL DEFAULT 0 CHECK (leavers_gone >= 0);
ALTER TABLE runs ADD COLUMN leavers_failed BIGINT NOT NULL DEFAULT 0 CHECK (leavers_failed >= 0 AND
    leavers_flagged + leavers_deleted + leavers_unsubscribed + leavers_kept + leavers_gone + leavers_failed
        <= leavers_found);

-- What a run is about to do, computed before its first call; replaced by each attempt.
CREATE TABLE plans (
    run_id           UUID PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
    -- Counts, calls, seconds, and the limits that it reaches.
    plan             JSONB NOT NULL,
    -- SHA-256 over what decides: what is read, how, the settings, and who leaves.
    hash             TEXT NOT NULL,
    -- Which baseline the slots of `leaver_batches` count in; 0 without one.
    baseline_version BIGINT NOT NULL,
    -- Who had changed the export last when the plan was first computed: they may not approve it.
    edited_by        TEXT NOT NULL,
    computed_utc     TIMESTAMPTZ NOT NULL,
    -- The plan that somebody has approved, by its hash; empty before.
    approved_hash    TEXT,
    decided_by       TEXT,
    decided_utc      TIMESTAMPTZ
);

-- What was done to leavers: their slots in the baseline, and a letter for each outcome. They go into the next baseline
-- when the run ends, and leave with the batches of the run.
CREATE TABLE leaver_batches (
    run_id   UUID NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    -- The first of the slots.
    number   BIGINT NOT NULL,
    slots    JSONB NOT NULL,
    outcomes TEXT NOT NULL,
    PRIMARY KEY (run_id, number)
);
