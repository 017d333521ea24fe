-- A part of `updated`: people whom the list had under another address, which was changed.
ALTER TABLE runs ADD COLUMN changed_addresses BIGINT NOT NULL DEFAULT 0
    CHECK (changed_addresses BETWEEN 0 AND updated);
ALTER TABLE batches ADD COLUMN changed_addresses BIGINT NOT NULL DEFAULT 0;
