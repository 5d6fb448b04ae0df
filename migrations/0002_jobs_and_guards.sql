-- Runs that can be trusted: guards, locks by where a run really reads and writes, attempts, what happened to a run and who did it;
-- and jobs, which are runs that somebody saved.
--
-- The table of runs is made anew, because its states are more than they were. What refers to it is put aside meanwhile.

CREATE TABLE old_run_paths AS SELECT run_id, key, mode FROM run_paths;
DROP TABLE run_paths;
ALTER TABLE runs RENAME TO old_runs;

-- Where runs go from and to, each once: a search looks into these few rows, never into the long history.
CREATE TABLE routes (
    id          TEXT   NOT NULL PRIMARY KEY,
    -- Source and destination in lower case, a line each, made by the program.
    search_text TEXT   NOT NULL UNIQUE,
    -- How many runs have this route.
    runs        BIGINT NOT NULL DEFAULT 0,
    -- Between which ids these lie: a search looks nowhere else.
    first_id    TEXT   NOT NULL,
    last_id     TEXT   NOT NULL
);
-- The oldest run of a route lends it its id.
INSERT INTO routes (id, search_text, runs, first_id, last_id)
SELECT min(id), search_text, count(*), min(id), max(id) FROM old_runs GROUP BY search_text;

-- What a person saved: a run that can be started again, by hand or after another job.
CREATE TABLE jobs (
    id              TEXT   NOT NULL PRIMARY KEY,
    name            TEXT   NOT NULL,
    -- The name in lower case, made by the program: a database lowers ASCII only.
    name_key        TEXT   NOT NULL UNIQUE,
    operation       TEXT   NOT NULL,
    source          TEXT   NOT NULL,
    destination     TEXT,
    options         TEXT   NOT NULL,
    guards          TEXT   NOT NULL,
    retry           TEXT   NOT NULL,
    on_busy         TEXT   NOT NULL CHECK (on_busy IN ('queue', 'refuse')),
    priority        BIGINT NOT NULL,
    time_limit_secs BIGINT,
    -- Goes up with each change: who changes what has changed meanwhile is told so.
    version         BIGINT NOT NULL DEFAULT 1,
    -- Who saved it last: its followers run in their name.
    user_id         TEXT   NOT NULL,
    user_name       TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL
);

-- Which job is started after which, and when.
CREATE TABLE job_chain (
    job_id      TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    next_job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    after       TEXT NOT NULL CHECK (after IN ('success', 'failure', 'always')),
    PRIMARY KEY (job_id, next_job_id)
);
CREATE INDEX job_chain_by_next ON job_chain (next_job_id);

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
        CHECK (state IN ('queued', 'guarded', 'starting', 'running', 'succeeded', 'no_change', 'failed', 'cancelled', 'blocked', 'stalled',
                         'interrupted', 'timed_out')),
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
    speed             BIGINT NOT NULL DEFAULT 0,
    eta               BIGINT,
    elapsed_ms        BIGINT NOT NULL DEFAULT 0,
    error             TEXT,
    exit_code         BIGINT,
    signal            TEXT,
    -- What has ended has an end, and nothing else has.
    CHECK ((ended_at IS NULL) = (state IN ('queued', 'guarded', 'starting', 'running')))
);
INSERT INTO runs (id, operation, source, destination, route_id, options, dry_run, state, fence, priority, rank, not_before, user_id, user_name,
                  via, address, idempotency_key, created_at, deadline_at, started_at, ended_at, stop_requested_by, stop_requested_at, bytes,
                  total_bytes, files, total_files, checks, deletes, listed, errors, speed, eta, elapsed_ms, error, exit_code, signal)
SELECT id, operation, source, destination, (SELECT r.id FROM routes r WHERE r.search_text = old_runs.search_text), options,
       COALESCE(json_extract(options, '$.dry_run'), 0), state, fence, priority, not_before, not_before, user_id, user_name, via, address,
       idempotency_key, created_at, deadline_at, started_at, ended_at, stop_requested_by, stop_requested_at, bytes, total_bytes, files,
       total_files, checks, deletes, listed, errors, speed, eta, elapsed_ms, error, exit_code, signal
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

-- What ended on each day (UTC), counted as it ends: the first page reads these few rows, however long the history is.
CREATE TABLE run_days (
    -- Days since 1970.
    day       BIGINT NOT NULL,
    operation TEXT   NOT NULL,
    state     TEXT   NOT NULL,
    ended     BIGINT NOT NULL,
    -- Without dry runs: they transfer nothing, whatever their figures say.
    bytes     BIGINT NOT NULL,
    files     BIGINT NOT NULL,
    PRIMARY KEY (day, operation, state)
);
INSERT INTO run_days (day, operation, state, ended, bytes, files)
SELECT ended_at / 86400000, operation, state, count(*), sum(CASE WHEN dry_run = 1 THEN 0 ELSE bytes END),
       sum(CASE WHEN dry_run = 1 THEN 0 ELSE files END)
  FROM runs WHERE ended_at IS NOT NULL GROUP BY 1, 2, 3;

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

-- What a run reads and writes, where it really lies: in lower case, every name ended by a slash, so that one place lies in another
-- when its key begins with the other's.
CREATE TABLE run_paths (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key    TEXT NOT NULL,
    mode   TEXT NOT NULL CHECK (mode IN ('read', 'write')),
    -- The remote whose limit counts; '' for this server.
    remote TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, key, mode)
);
CREATE INDEX run_paths_by_key ON run_paths (key);
INSERT INTO run_paths (run_id, key, mode)
SELECT DISTINCT run_id, rtrim(lower(key), '/') || '/', mode FROM old_run_paths WHERE run_id IN (SELECT id FROM runs WHERE ended_at IS NULL);
DROP TABLE old_run_paths;

-- What happened to a run, who did it and why.
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

-- The queue can rest: nothing is started until somebody lets it go on.
ALTER TABLE admission ADD COLUMN paused_at BIGINT;
ALTER TABLE admission ADD COLUMN paused_by TEXT;
ALTER TABLE admission ADD COLUMN pause_reason TEXT;
