-- Who has a part in what a run does, so that another person approves it; and what became of the keys that sign.

-- Who last changed each setting that decides what a run does to people: the setting, and the subject. Empty of exports
-- that were last saved by an older version.
ALTER TABLE exports ADD COLUMN makers JSONB NOT NULL DEFAULT '{}';
-- Who started the run, and who made its settings, when it was submitted; `{}` of runs of an older version.
ALTER TABLE runs ADD COLUMN makers JSONB NOT NULL DEFAULT '{}';

-- Who uploaded the members of a segment, or chose the source that they come from; empty when an older version did.
ALTER TABLE segments ADD COLUMN members_by TEXT;
-- The same, of the members that the run reads; empty until it reads them.
ALTER TABLE run_segments ADD COLUMN members_by TEXT;

-- Why a plan was declined, in the words of who declined it.
ALTER TABLE plans ADD COLUMN note TEXT;

-- Calls that flag, delete or unsubscribe people who left, retries included; and those of them that Campaign Monitor
-- accepted or rejected. An older version counted none.
ALTER TABLE runs ADD COLUMN leaver_calls_made BIGINT NOT NULL DEFAULT 0 CHECK (leaver_calls_made >= 0);
ALTER TABLE runs ADD COLUMN leaver_calls_answered BIGINT NOT NULL DEFAULT 0 CHECK (leaver_calls_answered >= 0);

-- Since when nobody may trust what the key signed; empty of keys that nobody has revoked.
ALTER TABLE signing_keys ADD COLUMN revoked_utc TIMESTAMPTZ;
