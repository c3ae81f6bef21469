"""The part of the AWS CLI that docs/operations.md uses: an operation of a service with its options, --query and --output text.
Endpoint and keys come from the environment."""

import json
import sys

import boto3
import jmespath
from botocore import xform_name

service, command, *arguments = sys.argv[1:]
client = boto3.client(service)
operation = {xform_name(name, "-"): name for name in client.meta.service_model.operation_names}[command]
shape = client.meta.service_model.operation_model(operation).input_shape
members = {xform_name(name, "-"): name for name in shape.members}
options = {}
for argument in arguments:
    if argument.startswith("--"):
        values = options.setdefault(argument[2:], [])
    else:
        values.append(argument)
query = options.pop("query", [None])[0]
output = options.pop("output", ["json"])[0]
parameters = {}
for option, values in options.items():
    name = members[option]
    parameters[name] = values if shape.members[name].type_name == "list" else values[0]
result = getattr(client, xform_name(operation))(**parameters)
result.pop("ResponseMetadata", None)
if query:
    result = jmespath.search(query, result)
print(result if output == "text" else json.dumps(result, default=str))
