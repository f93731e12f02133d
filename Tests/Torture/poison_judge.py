# SPDX-License-Identifier: Apache-2.0
"""What has to become of a record, from schemas/ and the contract alone: Python's JSON, jsonschema, and rules on top.

The schemas say what is to be written; readers forgive a little more. Where the contract leaves a record open, such as an
integer that is written with a fraction of zero, the judge says so: then either is right.
"""

import datetime
import json
import pathlib
import re
import sys

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))
from poison_records import INPUTS, partition_of  # noqa: E402
from validate_events import RFC3339, SCHEMAS, formats  # noqa: E402

VALID, INVALID, OPEN = "valid", "invalid", "open"
SCHEMES = {"sip", "xmpp", "ymsgr", "icq", "im", "mailto"}
# What may turn a text around or end its line, beyond ASCII: refused in names and addresses, removed or kept elsewhere.
EXOTIC = re.compile("[\u0080-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
# Fields whose limit is one of bytes.
BYTE_LIMITS = {"identifier": 256, "imAddress": 1_024, "mailAddress": 320, "body": 262_144}


class Refused(Exception):
    """The record is bad, and why."""


class Undecided(Exception):
    """The contract leaves the record open, and why."""


class Members(dict):
    """An object that knows which names stood there twice."""

    def __init__(self, pairs):
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.doubled = {name for name in names if names.count(name) > 1} if len(self) < len(names) else set()


def no_constant(text):
    raise ValueError(f"{text} is not JSON")


def parse(data):
    """One JSON document of UTF-8."""
    if not data:
        raise Refused("emptyValue")
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("invalidUtf8") from None
    depth = deepest = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', text, re.DOTALL):
        if token[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in "]}":
            depth -= 1
    if deepest > 33:
        raise Refused("malformedJson")
    try:
        root = json.loads(text, object_pairs_hook=Members, parse_constant=no_constant)
    except ValueError:
        raise Refused("malformedJson") from None
    if deepest > 31:
        raise Undecided("nested about as deep as is allowed")
    check_leaves(root)
    return root


def check_leaves(value):
    """Numbers and texts that not every parser takes."""
    if isinstance(value, dict):
        for name, member in value.items():
            check_leaves(name)
            check_leaves(member)
    elif isinstance(value, list):
        for member in value:
            check_leaves(member)
    elif isinstance(value, str):
        if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
            raise Undecided("half of a surrogate pair")
    elif isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise Undecided("a number beyond 64 bits")
    elif isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise Undecided("a number beyond doubles")


def readers_forgive(schemas):
    """Times in another offset, a failure without a message, a look-up that names no agents, a network without address."""
    common = schemas["common.v1"]["$defs"]
    common["utcTime"] = common["time"]
    common["failure"]["required"] = ["code"]
    schemas["presence.lookup.v1"]["required"].remove("agents")
    schemas["user.profile.v1"]["properties"]["networkPresence"]["required"].remove("imAddress")
    return schemas


class Judge:
    """Judges records of the input topics."""

    def __init__(self, partitions):
        self.partitions = partitions
        loaded = {path.name.removesuffix(".json"): json.loads(path.read_text()) for path in SCHEMAS.glob("*.v1.json")}
        self.schemas = readers_forgive(loaded)
        resources = [Resource.from_contents(schema) for schema in self.schemas.values()]
        registry = Registry().with_resources((resource.id(), resource) for resource in resources)
        self.validators = {
            name: Draft202012Validator(schema, registry=registry, format_checker=formats)
            for name, schema in self.schemas.items()
        }

    def verdict(self, record):
        """VALID, INVALID or OPEN, why, whether it is sent to another partition, and the event if it is valid."""
        try:
            event, moves = self.judge(record)
        except Refused as refusal:
            return INVALID, str(refusal), False, None
        except Undecided as doubt:
            return OPEN, str(doubt), False, None
        return VALID, "", moves, event

    def judge(self, record):
        kind, name = INPUTS[record.topic]
        headers = {header: value for header, value in record.headers if value is not None}
        if record.topic == "user.profiles" and record.value is None:
            self.check_tombstone(record)
            return None, False
        structured = self.check_headers(headers, kind)
        event = self.read(record.value or b"", structured, kind)
        if event.get("contact", {}).get("recipient", event.get(name)) != event.get(name):
            raise Refused("invalidValue contact.recipient")
        if record.topic in ("presence.lookups", "portal.spaces"):
            return event, False  # their place counts for nothing
        user = event[name].encode()
        if record.key is not None and record.key != user:
            raise Refused("keyMismatch")
        moves = partition_of(user, self.partitions) != record.partition
        if moves and (record.topic == "user.profiles" or headers.get("presence-rerouted") == b"1"):
            raise Refused("wrongPartition")
        if record.topic == "presence.changes" and seconds(event["observedAt"]) > now() + 7 * 86_400:
            raise Undecided("judged where it is sent to") if moves else Refused("invalidValue observedAt")
        return event, moves

    def check_tombstone(self, record):
        key = record.key
        try:
            text = (key or b"").decode()
        except UnicodeDecodeError:
            raise Refused("invalidKey") from None
        if not key or len(key) > 256 or re.search("[\u0000-\u001f\u007f]", text):
            raise Refused("invalidKey")
        if partition_of(key, self.partitions) != record.partition:
            raise Refused("wrongPartition")

    def check_headers(self, headers, kind):
        """Whether the value is a whole CloudEvent."""
        content = headers.get("content-type", b"").split(b";")[0].strip(b" \t").lower()
        if content == b"application/cloudevents+json":
            return True
        if content and content != b"application/json":
            raise Refused("unsupportedContentType")
        version, type_ = headers.get("ce_specversion", b""), headers.get("ce_type", b"")
        if not version and not type_:
            return False
        self.check_attributes(version, type_, kind.encode())
        return False

    @staticmethod
    def check_attributes(version, type_, kind):
        if not version:
            raise Refused("missingField specversion")
        if not re.fullmatch(rb"1\.[0-9]+", version):
            raise Refused("unsupportedVersion")
        if not type_:
            raise Refused("missingField type")
        if type_ != kind:
            raise Refused("foreignType")

    def read(self, data, structured, kind):
        """The event of a value, cleaned of what is absent."""
        root = parse(data)
        if structured:
            root = self.unwrap(root, kind)
        event = self.clean(root, self.schemas[kind])
        error = next(self.validators[kind].iter_errors(event), None)
        if error:
            raise Refused(f"schema {error.json_path}")
        return event

    def unwrap(self, root, kind):
        if not isinstance(root, dict):
            raise Refused("wrongType")
        texts = ["specversion", "type", "id", "source", "datacontenttype", "data_base64", "traceparent", "tracestate"]
        if root.doubled & {*texts, "data"}:
            raise Refused("duplicateField")
        for name in texts:
            if not isinstance(root.get(name, ""), str) and root[name] is not None:
                raise Refused(f"wrongType {name}")
        content = root.get("datacontenttype")
        if content is not None and content != "application/json":
            raise Undecided("a content type of the data")
        attributes = [(root.get(name) or "").encode() for name in ("specversion", "type")]
        self.check_attributes(*attributes, kind.encode())
        if root.get("data_base64") is not None:
            raise Undecided("data in base64")
        if not isinstance(root.get("data"), dict):
            raise Refused("missingField data")
        return root["data"]

    def resolved(self, schema):
        """What a schema refers to, and under which name."""
        name = None
        while "$ref" in schema:
            document, _, path = schema["$ref"].partition("#")
            schema = self.schemas[(document or "common.v1.json").removesuffix(".json")]
            for step in path.split("/")[1:]:
                name, schema = step, schema[step]
        return schema, name

    def clean(self, value, schema):
        """Without what counts as absent: null, and an empty text where one is optional; refuses names that stand twice."""
        schema, name = self.resolved(schema)
        if isinstance(value, dict) and "properties" in schema:
            known = schema["properties"]
            if value.doubled & known.keys():
                raise Refused("duplicateField")
            cleaned = {}
            for field, member in value.items():
                if field not in known:
                    continue
                kind, _ = self.resolved(known[field])
                optional = field not in schema.get("required", []) and "enum" not in kind and "format" not in kind
                if member is None or member == "" and optional and kind.get("type") == "string":
                    continue
                cleaned[field] = self.clean(member, known[field])
            return cleaned
        if isinstance(value, list):
            return [self.clean(member, schema.get("items", {})) for member in value]
        if isinstance(value, str):
            self.check_text(value, schema, name)
        if isinstance(value, float) and value.is_integer() and schema.get("type") == "integer":
            raise Undecided("an integer with a fraction of zero")
        return value

    def check_text(self, text, schema, name):
        if len(text.encode()) > BYTE_LIMITS.get(name, sys.maxsize):
            raise Refused(f"tooLarge {name}")
        if EXOTIC.search(text) and name != "body":
            raise Undecided("a character that turns text around or ends its line")
        if schema.get("format") == "date-time":
            self.check_time(text)
        if name == "imAddress":
            self.check_address(text)

    def check_time(self, text):
        match = RFC3339.fullmatch(text)
        if not match:
            raise Refused("invalidValue time")
        if match[3] == "60" or "t" in text or "z" in text or match[2].startswith("24"):
            raise Undecided("a time in a rare form")
        if not 2000 <= int(text[:4]) <= 2199:
            raise Refused("invalidValue time")

    def check_address(self, text):
        scheme, colon, body = text.partition(":")
        if "@" in scheme:
            if scheme.startswith("@") and colon:
                return  # a Matrix id
            scheme, colon, body = "", "", text
        if colon and scheme.lower() not in SCHEMES:
            raise Refused("invalidValue imAddress")
        body = body if colon else text
        if not body or "@" in body and (body.rindex("@") == 0 or body.endswith("@")):
            raise Refused("invalidValue imAddress")


def now():
    return datetime.datetime.now(datetime.timezone.utc).timestamp()


def seconds(text):
    return datetime.datetime.fromisoformat(text.upper().replace("Z", "+00:00")).timestamp()
