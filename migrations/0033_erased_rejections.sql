-- Rejected rows whose person was erased before their `params` were erased too: they hold values of the sentence that is
-- gone.
UPDATE rejections SET params = NULL WHERE message = 'Erased on request.' AND params IS NOT NULL;
