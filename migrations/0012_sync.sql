-- How the list follows the segments; a run has it as it was when the run was submitted. `{}` is every default.
ALTER TABLE exports ADD COLUMN sync JSONB NOT NULL DEFAULT '{}';
ALTER TABLE runs ADD COLUMN sync JSONB NOT NULL DEFAULT '{}';

-- Why a run that sends only what has changed sends, or compares, more than that. Empty of others.
ALTER TABLE runs ADD COLUMN full_because TEXT CHECK (full_because IN
    ('requested', 'firstRun', 'mappingChanged', 'baselineBehind', 'baselineLost'));

-- Not sent, because Campaign Monitor has acknowledged the same record before. The law, with what remains on the right:
-- selected = created + updated + unchanged + rejected + duplicate + invalid + in_doubt + remaining.
ALTER TABLE runs ADD COLUMN unchanged BIGINT NOT NULL DEFAULT 0 CHECK (unchanged >= 0
    AND created + updated + unchanged + rejected + duplicate + invalid + in_doubt <= selected);

-- Its rows are no longer one page: a batch of changes may span many, of which it sends at most 1000.
ALTER TABLE batches ADD COLUMN unchanged BIGINT NOT NULL DEFAULT 0;
-- A hash of what was sent, which tells whether rows that are read again are those; empty when nothing was.
ALTER TABLE batches ADD COLUMN body_hash BIGINT;
