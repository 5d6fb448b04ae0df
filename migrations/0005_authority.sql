-- In whose name a run is started, as far as the token; and what may be deleted without asking.

-- The token that asked for the run. A run whose token was revoked or has expired is not started. NULL: it was not asked for with a token.
ALTER TABLE runs ADD COLUMN token_id TEXT;
-- Whether the caller wrote the path once more: then a delete and a move know no budget.
ALTER TABLE runs ADD COLUMN confirmed BIGINT NOT NULL DEFAULT 0;
-- How many files a run that this token starts may delete without asking.
ALTER TABLE tokens ADD COLUMN may_delete BIGINT NOT NULL DEFAULT 0;
