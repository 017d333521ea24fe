-- Signing in to Campaign Monitor by OAuth, beside API keys.

-- When the access token ends; absent for API keys.
ALTER TABLE connections ADD COLUMN credential_expires_utc TIMESTAMPTZ;
-- Rises with every new secret (typed in, signed in, renewed), and not when the same one is sealed again.
-- Whoever found out something about a secret names its generation, so that it never counts for another one.
ALTER TABLE connections ADD COLUMN credential_generation BIGINT NOT NULL DEFAULT 0;
-- Until when one process alone may renew the access token; it is also the proof of that process.
ALTER TABLE connections ADD COLUMN renewal_until TIMESTAMPTZ;

-- A sign-in that an administrator has begun. Its row goes with its first use.
CREATE TABLE sign_ins (
    id            UUID PRIMARY KEY,
    -- SHA-256 of the secret in `state`, bound to the instance, the connection and the administrator.
    state_hash    TEXT NOT NULL,
    instance_id   UUID NOT NULL,
    connection_id UUID NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    started_by    TEXT NOT NULL,
    started_name  TEXT NOT NULL,
    expires_utc   TIMESTAMPTZ NOT NULL
);
-- The newest sign-in of an administrator takes the place of an older one.
CREATE UNIQUE INDEX one_sign_in_per_administrator ON sign_ins (connection_id, started_by);
CREATE INDEX sign_ins_by_age ON sign_ins (expires_utc);
