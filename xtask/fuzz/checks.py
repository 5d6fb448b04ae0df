"""What schemathesis needs to know of this console: who it is, and what holds for every answer beyond what a description can promise."""

import itertools
import os
import subprocess

import schemathesis
from schemathesis.specs.openapi import checks

BINARY = os.environ["LONGSHORE_BIN"]
DATA = os.environ["LONGSHORE_DATA_DIR"]
SECRET = os.environ["LONGSHORE_SECRET"]

people = itertools.count(1)

# With so many calls, so many wrong tokens are shown that the console says when to come back. That is a refusal as well.
checks.AUTH_REJECTION_STATUSES = checks.AUTH_REJECTION_STATUSES | {429}


def longshore(*args, says=""):
    """What a command of the console prints."""
    done = subprocess.run([BINARY, *args, "--data-dir", DATA], input=says, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@schemathesis.auth()
class Admin:
    """A new admin with a new token, at first and whenever the last one is refused: a call may have revoked it, or removed its owner."""

    def get(self, case, context):
        name = f"fuzz-{next(people)}"
        longshore("admin", "create", name, says="a quay of 4711 lamps\n")
        return longshore("token", "create", "--user", name, "--name", "fuzz")

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """A queue that rests would keep every call waiting that waits for its run."""
    if case.method == "PATCH" and case.path == "/api/v1/queue" and isinstance(case.body, dict) and case.body.get("paused") is True:
        case.body["paused"] = False


def is_positive(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.check
def only_rclone_may_fail(ctx, response, case):
    """A 500 is rclone's own failure, in its words. Any other is a bug of the console."""
    if response.status_code == 500:
        error = response.json()
        assert error.get("code") == "rclone_failed" and error.get("message"), f"the console failed: {error}"


@schemathesis.check
def a_rule_names_the_field(ctx, response, case):
    """What fits the description can be read; the rule that refuses it says which field, and why."""
    if response.status_code == 400 and is_positive(case):
        error = response.json()
        assert error.get("code") == "invalid" and error.get("fields"), f"this fits the description, but was not read: {error}"


@schemathesis.check
def a_refusal_says_how_to_come_in(ctx, response, case):
    """HTTP demands the header of every 401."""
    if response.status_code == 401:
        assert response.headers.get("www-authenticate") == ["Bearer"], "401 without WWW-Authenticate"


@schemathesis.check
def no_secret_is_told(ctx, response, case):
    """The key of the remote that is there from the start."""
    assert SECRET not in response.text, "an answer holds a secret of the configuration"
