-- What the guards compare a source with is what the same source held before, whatever else the run was given.

-- Where the source really lies, as a digest. NULL: a run of an older program, which is known by its `spec`.
ALTER TABLE runs ADD COLUMN source_key TEXT;
-- The filters through which it was counted, as a digest.
ALTER TABLE runs ADD COLUMN filters_key TEXT;
CREATE INDEX runs_by_source ON runs (source_key, filters_key, id DESC) WHERE source_files IS NOT NULL;
