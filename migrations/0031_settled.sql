-- What the last run found that had nothing to do, and hashes of all that decided it: while these are the same, the next
-- run has nothing to do either, and reads no row. Emptied with each change of the baseline.
ALTER TABLE baselines ADD COLUMN settled JSONB;
