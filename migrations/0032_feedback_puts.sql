-- A file of who left that is being put into its folder: until when it may still appear there, and which generation of
-- tombstones its people are of. An erasure whose people may be in it waits so long; empty when none is put.
ALTER TABLE feedback_files ADD COLUMN put_until TIMESTAMPTZ;
ALTER TABLE feedback_files ADD COLUMN put_generation BIGINT;
