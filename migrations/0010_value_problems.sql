-- Every value that a run could not send as it is, up to 10,000 a run. All of them are counted in `runs.field_warnings`.
-- They are personal data, and leave with the rejections of the run: `runs.rejections_state` is theirs too.
CREATE TABLE value_problems (
    run_id      UUID NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    -- The row of the profile in the run, from 0.
    position    BIGINT NOT NULL,
    -- From 1 for each profile.
    number      BIGINT NOT NULL,
    customer_id TEXT NOT NULL,
    email       TEXT NOT NULL,
    -- The field of the profile.
    field       TEXT NOT NULL,
    -- The custom field of the list, or the name of another part of a subscriber.
    key         TEXT NOT NULL,
    code        TEXT NOT NULL,
    -- Its first 100 characters.
    value       TEXT NOT NULL,
    -- What went instead; empty when nothing did.
    sent        TEXT,
    PRIMARY KEY (run_id, position, number)
);

-- Of a duplicate: the CustomerId of the profile with its address that was sent. Empty of others, and until the run has
-- gone through all profiles.
ALTER TABLE rejections ADD COLUMN winner TEXT;
