-- For front ends: tickets that open a stream of events without a token, and the language of the text of the consent.

-- A ticket works once: it is removed when it opens a stream. What was never used is removed when it has expired.
CREATE TABLE event_tickets (
    -- SHA-256 of the ticket: the database cannot open a stream.
    hash              TEXT PRIMARY KEY,
    instance_id       UUID NOT NULL,
    run_id            UUID NOT NULL,
    -- When the token expires that the ticket was issued for: the stream ends then.
    token_expires_utc TIMESTAMPTZ NOT NULL,
    -- The key that signed that token, as `RS256 key-1`: the stream also ends when the key is withdrawn.
    token_key         TEXT NOT NULL,
    expires_utc       TIMESTAMPTZ NOT NULL
);
CREATE INDEX event_tickets_by_age ON event_tickets (expires_utc);

-- The language of the text that was agreed to, as `en` or `lv`; empty when the caller did not say which one it showed.
ALTER TABLE connections ADD COLUMN consent_lang TEXT;
