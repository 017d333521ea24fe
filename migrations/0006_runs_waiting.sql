-- When a run ends, the next one of its connection is looked up; without this, among all runs there ever were.
CREATE INDEX runs_waiting ON runs (connection_id, id) WHERE status = 'queued';
