"""What schemathesis needs to know of this console: who it is, and what holds for every answer beyond what a description can promise."""

import itertools
import os
import subprocess

import jsonschema_rs
import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
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
    if case.method == "PATCH" and case.path == "/api/v1/queue" and isinstance(case.body, dict) and meant({"type": "boolean"}, case.body.get("paused")) is True:
        case.body["paused"] = False


description = {}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """What the console says of itself, to read a request as it does."""
    description.update(raw_schema)


# How a switch may be written: src/server/http/lenient.rs.
SWITCHES = {word: True for word in ("true", "1", "yes", "on", "t", "y")} | {word: False for word in ("false", "0", "no", "off", "f", "n")}


def follow(schema):
    while "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        schema = description["components"]["schemas"][name]
    return schema


def meant(schema, value):
    """A value as the console reads it: null is not set, "true" and 1 are a switch, "3" and 3.0 a number."""
    schema = follow(schema)
    for part in itertools.chain.from_iterable(schema.get(kind, []) for kind in ("allOf", "oneOf", "anyOf")):
        value = meant(part, value)
    kinds = schema.get("type", [])
    if "boolean" in kinds and not isinstance(value, bool):
        return SWITCHES.get(str(int(value) if isinstance(value, float) and value in (0, 1) else value).strip().lower(), value)
    if "integer" in kinds and isinstance(value, str) and value.strip().lstrip("+-").isdecimal():
        return int(value)
    if isinstance(value, list):
        return [meant(schema.get("items") or {}, one) for one in value]
    if isinstance(value, dict):
        fields, rest = schema.get("properties", {}), schema.get("additionalProperties")
        rest = rest if isinstance(rest, dict) else {}
        needed = schema.get("required", [])
        return {name: meant(fields.get(name, rest), one) for name, one in value.items() if one is not None or name in needed}
    return value


def fits(schema, value):
    return jsonschema_rs.is_valid({"allOf": [schema], "components": description["components"]}, value, validate_formats=True)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """The console also takes what older clients write. What fits the description once it is read as it is meant was taken rightly."""
    if not isinstance(failure, AcceptedNegativeData):
        return True
    operation = description["paths"][case.path][case.method.lower()]
    parameters = {parameter["name"]: parameter["schema"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
    # In a query an empty value is none.
    query = {name: value for name, value in (case.query or {}).items() if value != ""}
    read = {name: meant(parameters.get(name, {}), value) for name, value in query.items()}
    if not all(fits(parameters.get(name, {}), value) for name, value in read.items()):
        return True
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    read_body = meant(body, case.body) if body and isinstance(case.body, dict) else case.body
    # As text: for Python 0 and False are equal.
    is_lenient = repr((read, read_body)) != repr((case.query or {}, case.body))
    return not (is_lenient and (body is None or fits(body, read_body)))


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
