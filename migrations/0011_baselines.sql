-- What Campaign Monitor last acknowledged of every member of an export, on one list. The members are in the storage;
-- this row names the objects, and is replaced in the transaction that ends a run.
CREATE TABLE baselines (
    export_id   UUID NOT NULL REFERENCES exports (id) ON DELETE CASCADE,
    list_id     TEXT NOT NULL,
    instance_id UUID NOT NULL,
    -- Makes the keys of addresses; random, and the same for all layers.
    seed        BIGINT NOT NULL,
    -- How records are made: hashes of another form cannot be compared.
    fingerprint TEXT NOT NULL,
    -- Raised by each change, which names the one that it was made from.
    version     BIGINT NOT NULL,
    -- Path, size and rows of each object, oldest first; the newest row of a member counts.
    layers      JSONB NOT NULL,
    -- The layers before the last change, which others may still read.
    previous    JSONB NOT NULL,
    -- Those that count, in all layers together.
    members     BIGINT NOT NULL,
    -- The run that was folded in last.
    run_id      UUID NOT NULL,
    updated_utc TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (export_id, list_id)
);
CREATE INDEX baselines_of_list ON baselines (list_id);
CREATE INDEX baselines_of_instance ON baselines (instance_id);
