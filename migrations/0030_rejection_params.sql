-- The values that the message of a rejection names, by their names: fields of the mapping, limits, numbers of the vendor.
-- None of a person stands here. Empty where the message names none, and of runs of an older version.
ALTER TABLE rejections ADD COLUMN params JSONB;
