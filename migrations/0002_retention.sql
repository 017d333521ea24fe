-- What a run has done in detail (`rejections`, `batches`) may leave before the run itself, in small steps:
-- `kept`, then `leaving` from the first step on, then `gone`.
ALTER TABLE runs ADD COLUMN rejections_state TEXT NOT NULL DEFAULT 'kept' CHECK (rejections_state IN ('kept', 'leaving', 'gone'));
ALTER TABLE runs ADD COLUMN batches_state TEXT NOT NULL DEFAULT 'kept' CHECK (batches_state IN ('kept', 'leaving', 'gone'));
CREATE INDEX runs_with_rejections ON runs (end_utc) WHERE rejections_state <> 'gone';
CREATE INDEX runs_with_batches ON runs (end_utc) WHERE batches_state <> 'gone';
CREATE INDEX runs_without_details ON runs (end_utc) WHERE rejections_state = 'gone' AND batches_state = 'gone';
