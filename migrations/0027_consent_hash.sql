-- SHA-256 of the text of the consent that was shown, in hexadecimal digits. Empty when the caller did not say in which
-- language it was shown, and of connections of an older version.
ALTER TABLE connections ADD COLUMN consent_hash TEXT;
