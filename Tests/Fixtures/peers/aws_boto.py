"""Calls operations with boto3: reads a JSON array of [service, method, arguments] from the file of the second argument, and prints
a JSON array of their results. Arguments: the endpoint, the file."""

import json
import sys

import boto3

key = "AKIDBOTO"
clients = {}


def client(service):
    if service not in clients:
        clients[service] = boto3.client(
            service, endpoint_url=sys.argv[1], region_name="eu-west-1", aws_access_key_id=key,
            aws_secret_access_key=f"secret-of-{key}")
    return clients[service]


with open(sys.argv[2], encoding="utf-8") as file:
    calls = json.load(file)
results = []
for service, method, arguments in calls:
    result = getattr(client(service), method)(**arguments)
    result.pop("ResponseMetadata", None)
    results.append(result)
print(json.dumps(results, default=str))
