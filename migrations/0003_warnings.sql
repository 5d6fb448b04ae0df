-- Warnings: a run that ended well and did not do, or did not prove, all that was asked for.
--
-- The table of runs is made anew, because its states are more than they were. What refers to it is put aside meanwhile: dropping a table
-- deletes what refers to its rows.

CREATE TABLE old_run_paths AS SELECT run_id, key, mode, remote FROM run_paths;
CREATE TABLE old_run_events AS SELECT run_id, seq, at, kind, user_name, detail FROM run_events;
DROP TABLE run_paths;
DROP TABLE run_events;
DROP TRIGGER runs_are_counted_as_they_end;
ALTER TABLE runs RENAME TO old_runs;

CREATE TABLE runs (
    id                TEXT   NOT NULL PRIMARY KEY,
    operation         TEXT   NOT NULL,
    source            TEXT   NOT NULL,
    -- A delete has none.
    destination       TEXT,
    route_id          TEXT   NOT NULL REFERENCES routes (id),
    options           TEXT   NOT NULL,
    dry_run           BIGINT NOT NULL CHECK (dry_run IN (0, 1)),
    state             TEXT   NOT NULL
        CHECK (state IN ('queued', 'guarded', 'starting', 'running', 'succeeded', 'no_change', 'warning', 'failed', 'cancelled', 'blocked',
                         'stalled', 'interrupted', 'timed_out')),
    -- The job that it is a run of. The run outlives the job.
    job_id            TEXT,
    job_name          TEXT,
    -- The run after which it was started.
    parent_id         TEXT,
    -- The run whose failed files it takes up again.
    retry_of          TEXT,
    -- How often it was claimed. Who writes about a run proves with it that the run is still theirs.
    fence             BIGINT NOT NULL DEFAULT 0,
    priority          BIGINT NOT NULL DEFAULT 0,
    -- Its place among those of the same priority: the smallest is next.
    rank              BIGINT NOT NULL,
    not_before        BIGINT NOT NULL,
    -- Which attempt this is, from 1, and how many there may be.
    attempt           BIGINT NOT NULL DEFAULT 1,
    attempts          BIGINT NOT NULL DEFAULT 1,
    backoff_secs      BIGINT NOT NULL DEFAULT 60,
    -- What guards it, and what they saw.
    guards            TEXT   NOT NULL DEFAULT '{}',
    guard_report      TEXT,
    -- Files that its source held, as the guards counted: what the next run compares with.
    source_files      BIGINT,
    -- What was asked for, as a digest: an approval holds for that and nothing else.
    spec              TEXT   NOT NULL DEFAULT '',
    -- The preview that approved it. One approves one run.
    approved_by       TEXT UNIQUE,
    user_id           TEXT   NOT NULL,
    user_name         TEXT   NOT NULL,
    -- By which door and from which address it was asked for: the audit row of its end says so.
    via               TEXT   NOT NULL,
    address           TEXT,
    -- What the client calls its request: sent twice, it starts one run.
    idempotency_key   TEXT,
    created_at        BIGINT NOT NULL,
    -- When it is stopped if it has not ended.
    deadline_at       BIGINT,
    started_at        BIGINT,
    ended_at          BIGINT,
    stop_requested_by TEXT,
    stop_requested_at BIGINT,
    stop_reason       TEXT,
    -- The bandwidth limit that was set while it ran.
    bandwidth         TEXT,
    bytes             BIGINT NOT NULL DEFAULT 0,
    total_bytes       BIGINT NOT NULL DEFAULT 0,
    files             BIGINT NOT NULL DEFAULT 0,
    total_files       BIGINT NOT NULL DEFAULT 0,
    checks            BIGINT NOT NULL DEFAULT 0,
    deletes           BIGINT NOT NULL DEFAULT 0,
    renames           BIGINT NOT NULL DEFAULT 0,
    deleted_dirs      BIGINT NOT NULL DEFAULT 0,
    listed            BIGINT NOT NULL DEFAULT 0,
    errors            BIGINT NOT NULL DEFAULT 0,
    -- Files that were left out.
    skipped           BIGINT NOT NULL DEFAULT 0,
    -- Whether the figures are only the least that is known.
    at_least          BIGINT NOT NULL DEFAULT 0 CHECK (at_least IN (0, 1)),
    speed             BIGINT NOT NULL DEFAULT 0,
    eta               BIGINT,
    elapsed_ms        BIGINT NOT NULL DEFAULT 0,
    error             TEXT,
    -- A JSON array: what was not done, or not proved, although it ended well.
    warnings          TEXT   NOT NULL DEFAULT '[]',
    exit_code         BIGINT,
    signal            TEXT,
    -- What has ended has an end, and nothing else has.
    CHECK ((ended_at IS NULL) = (state IN ('queued', 'guarded', 'starting', 'running')))
);
INSERT INTO runs (id, operation, source, destination, route_id, options, dry_run, state, job_id, job_name, parent_id, retry_of, fence, priority,
                  rank, not_before, attempt, attempts, backoff_secs, guards, guard_report, source_files, spec, approved_by,
                  user_id, user_name, via, address, idempotency_key, created_at, deadline_at, started_at, ended_at,
                  stop_requested_by, stop_requested_at, stop_reason, bandwidth, bytes, total_bytes, files, total_files, checks,
                  deletes, renames, deleted_dirs, listed, errors, speed, eta, elapsed_ms, error, exit_code, signal)
SELECT id, operation, source, destination, route_id, options, dry_run, state, job_id, job_name, parent_id, retry_of, fence, priority,
       rank, not_before, attempt, attempts, backoff_secs, guards, guard_report, source_files, spec, approved_by, user_id,
       user_name, via, address, idempotency_key, created_at, deadline_at, started_at, ended_at, stop_requested_by,
       stop_requested_at, stop_reason, bandwidth, bytes, total_bytes, files, total_files, checks, deletes, renames, deleted_dirs,
       listed, errors, speed, eta, elapsed_ms, error, exit_code, signal
  FROM old_runs;
DROP TABLE old_runs;

CREATE INDEX runs_by_state ON runs (state, id DESC);
CREATE INDEX runs_by_operation ON runs (operation, id DESC);
CREATE INDEX runs_by_operation_state ON runs (operation, state, id DESC);
CREATE INDEX runs_by_route ON runs (route_id, id DESC);
CREATE INDEX runs_by_job ON runs (job_id, id DESC) WHERE job_id IS NOT NULL;
CREATE INDEX runs_by_job_state ON runs (job_id, state, id DESC) WHERE job_id IS NOT NULL;
-- What the guards saw the last time: a first time has none, and is told so without a look at the history.
CREATE INDEX runs_by_spec ON runs (spec, id DESC) WHERE source_files IS NOT NULL;
CREATE INDEX runs_by_end ON runs (ended_at DESC, id DESC) WHERE ended_at IS NOT NULL;
CREATE INDEX runs_unfinished ON runs (state, priority DESC, rank, id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX runs_by_key ON runs (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
-- A run starts each follower once, whoever finishes it how often.
CREATE UNIQUE INDEX runs_by_parent ON runs (parent_id, job_id) WHERE parent_id IS NOT NULL;

CREATE TRIGGER runs_are_counted_as_they_end AFTER UPDATE OF ended_at ON runs
WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
BEGIN
    INSERT INTO run_totals (operation, state, ended, bytes)
    VALUES (NEW.operation, NEW.state, 1, CASE WHEN NEW.dry_run = 1 THEN 0 ELSE NEW.bytes END)
    ON CONFLICT (operation, state) DO UPDATE SET ended = run_totals.ended + 1, bytes = run_totals.bytes + excluded.bytes;
    INSERT INTO run_days (day, operation, state, ended, bytes, files)
    VALUES (NEW.ended_at / 86400000, NEW.operation, NEW.state, 1, CASE WHEN NEW.dry_run = 1 THEN 0 ELSE NEW.bytes END,
            CASE WHEN NEW.dry_run = 1 THEN 0 ELSE NEW.files END)
    ON CONFLICT (day, operation, state) DO UPDATE
    SET ended = run_days.ended + 1, bytes = run_days.bytes + excluded.bytes, files = run_days.files + excluded.files;
END;

CREATE TABLE run_paths (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key    TEXT NOT NULL,
    mode   TEXT NOT NULL CHECK (mode IN ('read', 'write')),
    -- The remote whose limit counts; '' for this server.
    remote TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, key, mode)
);
CREATE INDEX run_paths_by_key ON run_paths (key);
INSERT INTO run_paths (run_id, key, mode, remote) SELECT run_id, key, mode, remote FROM old_run_paths;
DROP TABLE old_run_paths;

CREATE TABLE run_events (
    run_id    TEXT   NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    -- From 1, in the order in which it happened.
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    kind      TEXT   NOT NULL,
    -- NULL when nobody did it: it happened.
    user_name TEXT,
    detail    TEXT   NOT NULL,
    PRIMARY KEY (run_id, seq)
);

INSERT INTO run_events (run_id, seq, at, kind, user_name, detail)
SELECT run_id, seq, at, kind, user_name, detail FROM old_run_events;
DROP TABLE old_run_events;
