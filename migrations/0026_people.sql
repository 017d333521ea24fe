-- A person is found in what runs keep of profiles: by address in any case, and by CustomerId. A program uses an index
-- only for the very expression that stands here.
CREATE INDEX rejections_by_email ON rejections (lower(trim(substr(email, 1, 254))));
-- A CustomerId may be longer than an index of PostgreSQL holds.
CREATE INDEX rejections_by_customer ON rejections (substr(customer_id, 1, 200));
CREATE INDEX value_problems_by_email ON value_problems (lower(trim(substr(email, 1, 254))));
CREATE INDEX value_problems_by_customer ON value_problems (substr(customer_id, 1, 200));

-- People who left a list by their own wish, or to whom mail could not be delivered, and whom an export may bring back all
-- the same, because somebody said why. It counts for what happened before it: who leaves again stays away.
CREATE TABLE readmissions (
    id          UUID PRIMARY KEY,
    instance_id UUID NOT NULL,
    export_id   UUID NOT NULL REFERENCES exports (id) ON DELETE CASCADE,
    -- As it is sent, in lower case.
    email       TEXT NOT NULL,
    -- Why, in the words of who did it.
    reason      TEXT NOT NULL,
    created_by  TEXT NOT NULL,
    created_utc TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX readmission_of_person ON readmissions (export_id, email);
CREATE INDEX readmissions_of_instance ON readmissions (instance_id, email);
