-- Somebody emptied the list since the last run: the next run of the export sends everybody who has not said no.
ALTER TABLE baselines ADD COLUMN list_emptied BOOLEAN NOT NULL DEFAULT FALSE;
-- The run does so. Its `full_because`, whose check stays as it is, says that the baseline was behind.
ALTER TABLE runs ADD COLUMN list_emptied BOOLEAN NOT NULL DEFAULT FALSE;
