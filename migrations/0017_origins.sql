-- What the answers to a batch prove, so that a run that was resumed knows who put its members on the list.

-- How many people whom the baseline did not know were not on the list before; empty where no answer proves it.
ALTER TABLE batches ADD COLUMN newcomers_created BIGINT;
-- The rows of the run whose people a call brought back to the list; empty where there are none.
ALTER TABLE batches ADD COLUMN returned JSONB;
