-- PostgreSQL's own record of who claimed which run and who wrote to it. A process is known by the setting
-- `cluster.process` of its connections; the service knows nothing of this.

CREATE TABLE witness_claims (
    run      UUID NOT NULL,
    fence    BIGINT NOT NULL,
    process  TEXT NOT NULL,
    at       TIMESTAMPTZ NOT NULL,
    -- When the run was left in order, and whether records may have been sent that were not written then.
    left_at  TIMESTAMPTZ,
    in_doubt BOOLEAN,
    PRIMARY KEY (run, fence)
);

-- Writes to a run by a process that did not hold it.
CREATE TABLE witness_trespasses (run UUID, fence BIGINT, holder TEXT, process TEXT, what TEXT);

CREATE FUNCTION witness_write(the_run UUID, the_fence BIGINT, what TEXT) RETURNS VOID LANGUAGE sql AS $$
    INSERT INTO witness_trespasses
    SELECT run, fence, process, current_setting('cluster.process'), what FROM witness_claims
    WHERE run = the_run AND fence = the_fence AND process <> current_setting('cluster.process')
$$;

CREATE FUNCTION witness_run() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.fence > OLD.fence THEN
        INSERT INTO witness_claims
        VALUES (NEW.id, NEW.fence, current_setting('cluster.process'), clock_timestamp());
        RETURN NULL;
    END IF;
    -- A run that waits for a person is held by nobody: whoever decides writes to it.
    IF OLD.status <> 'running' THEN
        RETURN NULL;
    END IF;
    PERFORM witness_write(NEW.id, NEW.fence, 'run');
    IF NEW.status <> 'running' THEN
        UPDATE witness_claims SET left_at = clock_timestamp(), in_doubt = NEW.sent_until > NEW.position
        WHERE run = NEW.id AND fence = NEW.fence;
    END IF;
    RETURN NULL;
END $$;
-- What workers write; hints (`pushed_at`) are for anybody.
CREATE TRIGGER witness_run AFTER UPDATE OF lease_until, position, selected, status ON runs
    FOR EACH ROW EXECUTE FUNCTION witness_run();

CREATE FUNCTION witness_batch() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM witness_write(id, fence, 'batch') FROM runs WHERE id = NEW.run_id;
    RETURN NULL;
END $$;
CREATE TRIGGER witness_batch AFTER INSERT ON batches FOR EACH ROW EXECUTE FUNCTION witness_batch();

CREATE FUNCTION witness_leavers() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM witness_write(id, fence, 'removal') FROM runs WHERE id = NEW.run_id;
    RETURN NULL;
END $$;
CREATE TRIGGER witness_leavers AFTER INSERT ON leaver_batches FOR EACH ROW EXECUTE FUNCTION witness_leavers();
