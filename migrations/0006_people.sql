-- People: who has to choose a password of their own; and the audit log, which nothing replaces a row of.

-- Whether the next sign-in has to choose a new password, because somebody else chose this one.
ALTER TABLE users ADD COLUMN must_change BIGINT NOT NULL DEFAULT 0 CHECK (must_change IN (0, 1));

-- To replace a row deletes it, and no trigger for deleting is asked then.
CREATE TRIGGER audit_is_never_replaced BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id OR rowid = NEW.rowid)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append only');
END;
