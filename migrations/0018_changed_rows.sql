-- Whose address a batch has changed, so that a run that was resumed knows them.

-- The rows of the run, each with the origin of the member from then on; empty where there are none.
ALTER TABLE batches ADD COLUMN changed JSONB;
