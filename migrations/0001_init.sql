-- The first tables. Forward only: once landed, this file is never edited.
--
-- Ids are ULIDs in text, times are milliseconds since 1970 UTC, booleans are 0 and 1, JSON is text. All of them are made by the
-- program, so that the same statements run on another database one day.

CREATE TABLE users (
    id            TEXT   NOT NULL PRIMARY KEY,
    name          TEXT   NOT NULL,
    -- The name in lower case, made by the program: a database lowers ASCII only.
    name_key      TEXT   NOT NULL UNIQUE,
    role          TEXT   NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    theme         TEXT   NOT NULL DEFAULT 'auto' CHECK (theme IN ('auto', 'light', 'dark')),
    disabled      BIGINT NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    -- argon2id, as a PHC string.
    password_hash TEXT   NOT NULL,
    -- Goes up when all sessions of the user end: one that was begun before, and is stored only after, is not alive.
    epoch         BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL,
    -- When they last signed in with their password.
    signed_in_at  BIGINT
);

-- Browsers that are signed in. The key is the SHA-256 of what the cookie holds: who reads this table can not sign in with it.
CREATE TABLE sessions (
    id_hash      TEXT   NOT NULL PRIMARY KEY,
    -- By what people name it: says nothing about the cookie.
    id           TEXT   NOT NULL UNIQUE,
    user_id      TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The user's epoch at the sign-in.
    epoch        BIGINT NOT NULL,
    data         TEXT   NOT NULL,
    -- From where, and with what browser, it was begun.
    address      TEXT,
    agent        TEXT,
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id, created_at);

-- Keys of programs, by their SHA-256.
CREATE TABLE tokens (
    id           TEXT   NOT NULL PRIMARY KEY,
    user_id      TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash         TEXT   NOT NULL UNIQUE,
    label        TEXT   NOT NULL,
    role         TEXT   NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    -- A JSON array of permissions that it is narrowed down to; NULL is all that the role has.
    scopes       TEXT,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked      BIGINT NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1))
);
CREATE INDEX tokens_by_user ON tokens (user_id);

-- Who did what. Rows refer to nothing, so that they outlive what they tell of.
CREATE TABLE audit (
    id         TEXT   NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    user_id    TEXT,
    user_name  TEXT   NOT NULL,
    -- Name and target in lower case, made by the program: what a search looks into.
    user_key   TEXT   NOT NULL,
    target_key TEXT   NOT NULL,
    via        TEXT   NOT NULL,
    action     TEXT   NOT NULL,
    target     TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    success    BIGINT NOT NULL CHECK (success IN (0, 1)),
    address    TEXT,
    run_id     TEXT
);
CREATE INDEX audit_by_time ON audit (at);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append only');
END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append only');
END;

-- How the last test of each remote ended. The remotes themselves are in rclone's configuration.
CREATE TABLE remote_tests (
    name       TEXT   NOT NULL PRIMARY KEY,
    at         BIGINT NOT NULL,
    connected  BIGINT NOT NULL CHECK (connected IN (0, 1)),
    message    TEXT   NOT NULL,
    elapsed_ms BIGINT NOT NULL
);

-- What was asked to be mounted and not taken back. Whether it is there is for its process to say.
CREATE TABLE mounts (
    id          TEXT   NOT NULL PRIMARY KEY,
    location    TEXT   NOT NULL,
    mount_point TEXT   NOT NULL UNIQUE,
    read_only   BIGINT NOT NULL CHECK (read_only IN (0, 1)),
    allow_other BIGINT NOT NULL CHECK (allow_other IN (0, 1)),
    user_id     TEXT   NOT NULL,
    user_name   TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);

-- The gate of the queue. Whoever claims a run writes this row first, so claims are made one after the other.
CREATE TABLE admission (
    id    BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    epoch BIGINT NOT NULL
);
INSERT INTO admission (id, epoch) VALUES (1, 0);

-- The queue and the history. The user's name stays when the user is gone.
CREATE TABLE runs (
    id                TEXT   NOT NULL PRIMARY KEY,
    operation         TEXT   NOT NULL,
    source            TEXT   NOT NULL,
    -- A delete has none.
    destination       TEXT,
    -- Source and destination in lower case, a line each: what a search looks into.
    search_text       TEXT   NOT NULL,
    options           TEXT   NOT NULL,
    state             TEXT   NOT NULL
        CHECK (state IN ('queued', 'starting', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted', 'timed_out')),
    -- How often it was claimed. Who writes about a run proves with it that the run is still theirs.
    fence             BIGINT NOT NULL DEFAULT 0,
    priority          BIGINT NOT NULL DEFAULT 0,
    not_before        BIGINT NOT NULL,
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
    bytes             BIGINT NOT NULL DEFAULT 0,
    total_bytes       BIGINT NOT NULL DEFAULT 0,
    files             BIGINT NOT NULL DEFAULT 0,
    total_files       BIGINT NOT NULL DEFAULT 0,
    checks            BIGINT NOT NULL DEFAULT 0,
    deletes           BIGINT NOT NULL DEFAULT 0,
    listed            BIGINT NOT NULL DEFAULT 0,
    errors            BIGINT NOT NULL DEFAULT 0,
    speed             BIGINT NOT NULL DEFAULT 0,
    eta               BIGINT,
    elapsed_ms        BIGINT NOT NULL DEFAULT 0,
    error             TEXT,
    exit_code         BIGINT,
    signal            TEXT,
    -- What has ended has an end, and nothing else has.
    CHECK ((ended_at IS NULL) = (state IN ('queued', 'starting', 'running')))
);
CREATE INDEX runs_by_state ON runs (state, id DESC);
CREATE INDEX runs_unfinished ON runs (state, priority DESC, not_before, id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX runs_by_key ON runs (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX runs_by_end ON runs (ended_at DESC, id DESC) WHERE ended_at IS NOT NULL;

-- What ended, counted as it ends: however long the history is, nobody has to read all of it to know. These only go up.
CREATE TABLE run_totals (
    operation TEXT   NOT NULL,
    state     TEXT   NOT NULL,
    ended     BIGINT NOT NULL,
    -- Without dry runs: they transfer nothing, whatever their figures say.
    bytes     BIGINT NOT NULL,
    PRIMARY KEY (operation, state)
);
CREATE TRIGGER runs_are_counted_as_they_end AFTER UPDATE OF ended_at ON runs
WHEN OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL
BEGIN
    INSERT INTO run_totals (operation, state, ended, bytes)
    VALUES (NEW.operation, NEW.state, 1, CASE WHEN json_extract(NEW.options, '$.dry_run') THEN 0 ELSE NEW.bytes END)
    ON CONFLICT (operation, state) DO UPDATE SET ended = run_totals.ended + 1, bytes = run_totals.bytes + excluded.bytes;
END;

-- What a run reads and writes: the base of "one writer a destination".
CREATE TABLE run_paths (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key    TEXT NOT NULL,
    mode   TEXT NOT NULL CHECK (mode IN ('read', 'write')),
    PRIMARY KEY (run_id, key, mode)
);
CREATE INDEX run_paths_by_key ON run_paths (key);
