-- Telling people: where messages go, what opens an alert, the alerts, and the messages that are to be sent.

-- Where messages of an instance go.
CREATE TABLE channels (
    id                 UUID PRIMARY KEY,
    instance_id        UUID NOT NULL,
    display_name       TEXT NOT NULL,
    kind               TEXT NOT NULL CHECK (kind IN ('email', 'slack', 'teams', 'webhook')),
    -- The addresses of an e-mail channel: `{"to": […]}`.
    recipients         JSONB NOT NULL,
    -- The URL, and the secrets that sign, sealed (`keyId:base64`); empty of an e-mail channel.
    target_sealed      TEXT,
    -- What may be seen of the URL: its host, and its last characters.
    url_hint           TEXT,
    -- How messages are signed; of a webhook alone.
    signature          TEXT,
    -- Of ed25519: `whpk_…`.
    public_key         TEXT,
    -- Until when the secret before the current one signs too; empty when there is none.
    previous_until_utc TIMESTAMPTZ,
    -- Since when nothing is sent, and why; empty while messages are sent.
    disabled_utc       TIMESTAMPTZ,
    disabled_because   TEXT,
    version            BIGINT NOT NULL,
    created_by         TEXT NOT NULL,
    created_utc        TIMESTAMPTZ NOT NULL,
    updated_by         TEXT NOT NULL,
    updated_utc        TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX channel_name_per_instance ON channels (instance_id, display_name);

-- What opens an alert: the rules of an instance, and those by which an export differs.
CREATE TABLE alert_rules (
    -- The instance, or the export.
    scope_id    UUID PRIMARY KEY,
    instance_id UUID NOT NULL,
    -- Empty of the rules of the instance.
    export_id   UUID REFERENCES exports (id) ON DELETE CASCADE,
    -- `{"items": […]}`, as the API has them.
    rules       JSONB NOT NULL,
    version     BIGINT NOT NULL,
    created_by  TEXT NOT NULL,
    created_utc TIMESTAMPTZ NOT NULL,
    updated_by  TEXT NOT NULL,
    updated_utc TIMESTAMPTZ NOT NULL
);
CREATE INDEX alert_rules_of_instance ON alert_rules (instance_id);

-- What somebody should know, from when it began until it was over. No column holds anything of a person in a segment.
CREATE TABLE alerts (
    id               UUID PRIMARY KEY,
    instance_id      UUID NOT NULL,
    kind             TEXT NOT NULL,
    -- The export or the connection that it is about. It may be removed later.
    subject_id       UUID NOT NULL,
    export_id        UUID,
    connection_id    UUID,
    -- Its name when the alert opened.
    subject_name     TEXT NOT NULL,
    -- The run that opened it, or that showed it last; empty where none did.
    run_id           UUID,
    status           TEXT NOT NULL CHECK (status IN ('open', 'acknowledged', 'resolved')),
    -- `{"code", "culprit", "message"}`.
    reason           JSONB NOT NULL,
    -- Hours between reminders; empty: none.
    remind_hours     BIGINT,
    -- The channels that the rule names: `{"ids": […]}`, or `{"ids": null}` for every channel of the instance.
    told             JSONB NOT NULL,
    opened_utc       TIMESTAMPTZ NOT NULL,
    -- When it was last seen to last.
    last_utc         TIMESTAMPTZ NOT NULL,
    -- When the next reminder is due; empty: never.
    remind_utc       TIMESTAMPTZ,
    acknowledged_by  TEXT,
    acknowledged_utc TIMESTAMPTZ,
    note             TEXT,
    resolved_utc     TIMESTAMPTZ,
    version          BIGINT NOT NULL
);
CREATE UNIQUE INDEX one_open_alert ON alerts (subject_id, kind) WHERE status <> 'resolved';
CREATE INDEX alerts_of_instance ON alerts (instance_id, id);
CREATE INDEX alerts_to_remind ON alerts (remind_utc) WHERE status = 'open';
CREATE INDEX alerts_resolved ON alerts (resolved_utc) WHERE status = 'resolved';

-- The outbox: a message to one channel, or to one address of it. It is written with the change that it tells of.
CREATE TABLE deliveries (
    -- Also the `webhook-id`, the same at every try.
    id            UUID PRIMARY KEY,
    instance_id   UUID NOT NULL,
    channel_id    UUID NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    -- Empty of a test.
    alert_id      UUID,
    -- `alert.opened` and so on.
    event         TEXT NOT NULL,
    -- Of an e-mail: the address.
    recipient     TEXT,
    -- The body of a webhook, byte for byte; the other kinds are made from it.
    body          TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts      INTEGER NOT NULL,
    -- When the next try is due.
    next_utc      TIMESTAMPTZ NOT NULL,
    -- Until when a process has it that tries now.
    lease_until   TIMESTAMPTZ,
    created_utc   TIMESTAMPTZ NOT NULL,
    -- Of the last try.
    attempted_utc TIMESTAMPTZ,
    http_status   INTEGER,
    detail        TEXT,
    delivered_utc TIMESTAMPTZ
);
CREATE INDEX deliveries_due ON deliveries (next_utc) WHERE status = 'pending';
CREATE INDEX deliveries_of_channel ON deliveries (channel_id, id);
CREATE INDEX deliveries_of_alert ON deliveries (alert_id, channel_id, id) WHERE status = 'pending';
CREATE INDEX deliveries_ended ON deliveries (created_utc) WHERE status <> 'pending';

-- Set by what changes in a way that may open or end an alert, in the same transaction; cleared by who has judged it. So
-- nothing is missed when a process is killed in between. An older version sets none.
ALTER TABLE runs ADD COLUMN alerts_due BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX runs_to_judge ON runs (id) WHERE alerts_due;
ALTER TABLE connections ADD COLUMN alerts_due BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX connections_to_judge ON connections (id) WHERE alerts_due;
ALTER TABLE verifications ADD COLUMN alerts_due BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX verifications_to_judge ON verifications (id) WHERE alerts_due;
