#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Validates events against schemas/.

Reads lines {"schema": "presence.snapshot.v1", "event": {...}} on standard input, prints a line per problem, and exits
with 1 where there are any. The schemas allow unknown fields, since readers must ignore them; what this project writes
may have none, so fields that a schema does not describe are problems here unless --open is given. --examples checks
the examples in the schemas first.
"""

import argparse
import datetime
import json
import pathlib
import re
import sys

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"
RFC3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)

# jsonschema checks date-time only where another package is installed; a check that may be absent is none.
formats = FormatChecker(formats=())


@formats.checks("date-time")
def is_date_time(value):
    if not isinstance(value, str):
        return True
    match = RFC3339.fullmatch(value)
    if not match or int(match[3]) > 60:
        return False
    try:
        datetime.datetime.strptime(f"{match[1]} {match[2]}", "%Y-%m-%d %H:%M")
    except ValueError:
        return False
    return True


def closed(schema):
    """The same schema, where objects that list properties allow no others."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: value if key in ("examples", "if") else closed(value) for key, value in schema.items()}
    if result.get("type") == "object" and "properties" in result:
        result.setdefault("additionalProperties", False)
    return result


def unique_members(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a field stands there twice")
    return members


def validators(transform):
    schemas = {path.name.removesuffix(".json"): json.loads(path.read_text()) for path in SCHEMAS.glob("*.v1.json")}
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    resources = [Resource.from_contents(transform(schema)) for schema in schemas.values()]
    registry = Registry().with_resources((resource.id(), resource) for resource in resources)
    return {
        name: Draft202012Validator(transform(schema), registry=registry, format_checker=formats)
        for name, schema in schemas.items()
    }


def problems(validator, event):
    for error in validator.iter_errors(event):
        yield f"{error.json_path}: {error.message}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--open", action="store_true", help="allow fields that the schemas do not describe")
    parser.add_argument("--examples", action="store_true", help="check the examples in the schemas first")
    arguments = parser.parse_args()

    by_name = validators((lambda schema: schema) if arguments.open else closed)
    found = []
    if arguments.examples:
        for name, validator in sorted(by_name.items()):
            for index, example in enumerate(validator.schema.get("examples", [])):
                found += [f"{name} example {index}: {problem}" for problem in problems(validator, example)]
    for number, line in enumerate(sys.stdin.buffer, start=1):
        try:
            record = json.loads(line.decode("utf-8"), object_pairs_hook=unique_members)
            validator = by_name[record["schema"]]
        except (ValueError, KeyError, TypeError) as error:
            found.append(f"line {number}: {type(error).__name__}: {error}")
            continue
        found += [f"line {number} ({record['schema']}): {problem}" for problem in problems(validator, record["event"])]
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
