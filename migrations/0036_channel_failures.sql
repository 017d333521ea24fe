-- A channel that fails for long is an alert, told by the other channels.

-- The channel that the alert is about; empty of an alert about an export or a connection.
ALTER TABLE alerts ADD COLUMN channel_id UUID;

-- Where nothing was accepted lately: a row from the first try that failed to the first one that is accepted, or until
-- somebody changes the channel.
CREATE TABLE channel_failures (
    channel_id UUID NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    -- Of an e-mail channel: the address; else empty.
    recipient  TEXT NOT NULL,
    since_utc  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (channel_id, recipient)
);

-- When somebody sent the message anew: it waits since then. Empty of all others, which wait since they were made.
ALTER TABLE deliveries ADD COLUMN resent_utc TIMESTAMPTZ;
