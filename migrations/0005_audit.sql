-- Who changed what, when and from where. Rows are only ever added; nothing but their age removes them.
CREATE TABLE audit_events (
    -- UUIDv7, so that the order of the ids is the order of time.
    id             UUID PRIMARY KEY,
    instance_id    UUID NOT NULL,
    occurred_utc   TIMESTAMPTZ NOT NULL,
    -- A person with a token (`user`), or a part of the service (`system`), which has no role.
    actor_kind     TEXT NOT NULL CHECK (actor_kind IN ('user', 'system')),
    actor_subject  TEXT NOT NULL,
    actor_name     TEXT NOT NULL,
    actor_role     TEXT,
    -- Where the call came from; all absent when the service acted by itself.
    request_id     TEXT,
    client_address TEXT,
    user_agent     TEXT,
    -- `connection.create` …: the part before the dot is the kind of the object.
    action         TEXT NOT NULL,
    object_id      TEXT,
    object_name    TEXT,
    outcome        TEXT NOT NULL CHECK (outcome IN ('success', 'refused')),
    -- Of the refusal.
    status         INTEGER,
    error_code     TEXT,
    -- Whether further refusals of the actor in that minute are only counted.
    more_left_out  BOOLEAN NOT NULL,
    -- The fields that changed, never a secret.
    "before"       JSONB NOT NULL,
    "after"        JSONB NOT NULL,
    trace_id       TEXT
);
CREATE INDEX audit_of_instance ON audit_events (instance_id, id);
CREATE INDEX audit_of_object ON audit_events (instance_id, object_id, id);
CREATE INDEX audit_of_actor ON audit_events (instance_id, actor_subject, id);
CREATE INDEX audit_by_age ON audit_events (occurred_utc);
