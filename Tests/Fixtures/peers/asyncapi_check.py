"""Checks an AsyncAPI 3.0 document: asyncapi_check.py DOCUMENT [EVENTS]

- its structure, by the models of the package asyncapi3, which refuse members that the specification does not have;
- that every reference leads somewhere;
- that schemas are JSON Schema of draft 7, which AsyncAPI's are a superset of, and that all examples match theirs.

EVENTS is a file with one published event a line; each must match the payload of the message of its type.
Prints how many messages, examples and events were checked. Fails with what is wrong.
"""

import json
import sys

from asyncapi3.models.asyncapi import AsyncAPI3
from jsonschema import Draft7Validator, FormatChecker


def references(value):
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "$ref":
                yield member
            else:
                yield from references(member)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def resolve(document, reference):
    assert reference.startswith("#/"), reference
    value = document
    for step in reference[2:].split("/"):
        value = value[step.replace("~1", "/").replace("~0", "~")]
    return value


def main():
    with open(sys.argv[1]) as file:
        document = json.load(file)
    AsyncAPI3.model_validate(document)
    for reference in references(document):
        resolve(document, reference)
    for name, schema in document["components"]["schemas"].items():
        Draft7Validator.check_schema(schema)

    validators = {}
    examples = 0
    for name, message in document["components"]["messages"].items():
        schema = dict(message["payload"], components=document["components"])
        if "$ref" in message["payload"]:
            # Siblings of $ref are ignored in draft 7.
            schema = {"allOf": [message["payload"]], "components": document["components"]}
        validators[name] = Draft7Validator(schema, format_checker=FormatChecker())
        for example in message["examples"]:
            validators[name].validate(example["payload"])
            examples += 1
    for name, channel in document["channels"].items():
        assert channel["address"] in validators, name
    for name, operation in document["operations"].items():
        assert resolve(document, operation["channel"]["$ref"]), name

    events = 0
    if len(sys.argv) > 2:
        with open(sys.argv[2]) as file:
            for line in file:
                event = json.loads(line)
                assert event["type"] in validators, f"{event['type']} is not described"
                problems = [
                    f"{event['type']} {'/'.join(map(str, problem.absolute_path))}: {problem.message[:200]}"
                    for problem in validators[event["type"]].iter_errors(event)
                ]
                assert not problems, "; ".join(problems)
                events += 1
    print(len(validators), examples, events)


main()
