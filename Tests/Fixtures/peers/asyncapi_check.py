"""Checks an AsyncAPI 3.0 document: asyncapi_check.py DOCUMENT [EVENTS]

- its structure, by the models of the package asyncapi3, which refuse members that the specification does not have;
- what the specification says of members together: names of components, addresses, and where references may lead;
- that these checks refuse documents with mistakes: each of some mistakes is made in a copy;
- that schemas are JSON Schema of draft 7, which AsyncAPI's are a superset of, and that all examples match theirs.

EVENTS is a file with one published event a line; each must match the payload of the message of its type.
Prints how many messages, examples and events were checked. Fails with what is wrong.
"""

import copy
import json
import re
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


def target(value, start):
    """The last part of a reference that must begin in a certain way."""
    assert list(value) == ["$ref"] and value["$ref"].startswith(start), value
    name = value["$ref"][len(start):]
    assert "/" not in name, value
    return name


def check_structure(document):
    AsyncAPI3.model_validate(document)
    assert document["asyncapi"] == "3.0.0"
    for reference in references(document):
        resolve(document, reference)
    for kind, components in document["components"].items():
        for name in components:
            assert re.fullmatch(r"[\w.-]+", name), f"{kind}: {name}"
    for name, schema in document["components"]["schemas"].items():
        Draft7Validator.check_schema(schema)
    addresses = [channel["address"] for channel in document["channels"].values()]
    assert len(set(addresses)) == len(addresses), "two channels have one address"
    for name, channel in document["channels"].items():
        assert channel["messages"], name
        for message in channel["messages"].values():
            target(message, "#/components/messages/")
    for name, operation in document["operations"].items():
        assert operation["action"] in ("send", "receive"), name
        channel = target(operation["channel"], "#/channels/")
        assert operation["messages"], name
        for message in operation["messages"]:
            # Of the channel, not of the components.
            target(message, f"#/channels/{channel}/messages/")
        tags = [tag["name"] for tag in operation["tags"]]
        assert len(set(tags)) == len(tags), name
    for name, message in document["components"]["messages"].items():
        names = [example["name"] for example in message["examples"]]
        assert len(set(names)) == len(names), name
        for example in message["examples"]:
            assert "payload" in example or "headers" in example, name


def mistakes(document):
    """Copies of a document, each with a mistake."""
    operation, channel = next(iter(document["operations"])), next(iter(document["channels"]))
    message = next(iter(document["components"]["messages"]))
    steps = [
        (["asyncapi"], "2.6.0"), (["info"], {"title": "no version"}), (["servers"], {"one": {"host": "no protocol"}}),
        (["unknown"], {}), (["channels", channel, "adress"], "x"), (["channels", channel, "messages"], {}),
        (["operations", operation, "action"], "publish"), (["operations", operation, "channel"], {"$ref": "#/channels/no"}),
        (["operations", operation, "messages"], [{"$ref": f"#/components/messages/{message}"}]),
        (["components", "messages", message, "examples"], [{"name": "nothing"}]),
        (["components", "messages", message, "payload"], {"$ref": "#/components/schemas/no"}),
        (["components", "schemas", "with space"], {"type": "object"}),
        (["components", "schemas", "Bad"], {"type": "text"}),
    ]
    for path, value in steps:
        changed = copy.deepcopy(document)
        place = changed
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        yield "/".join(path), changed


def main():
    with open(sys.argv[1]) as file:
        document = json.load(file)
    check_structure(document)
    for what, changed in mistakes(document):
        try:
            check_structure(changed)
        except Exception:
            continue
        raise AssertionError(f"a mistake at {what} is not found")

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
