"""Encodes an export request that is given in the JSON form of OTLP with the reference implementation (opentelemetry-proto).

usage: otlp_reference.py FILE      prints the base 16 text of the protocol buffer
"""

import base64
import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def with_bytes(value):
    """OTLP has identifiers in base 16, where the JSON form of protocol buffers has bytes in base 64."""
    if isinstance(value, list):
        return [with_bytes(element) for element in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(element)).decode()
        if key in ("traceId", "spanId", "parentSpanId") else with_bytes(element)
        for key, element in value.items()
    }


def without_empty_status(request):
    """An empty message is a field that is set; this project leaves the status out if nothing is known."""
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                if span.status.ByteSize() == 0:
                    span.ClearField("status")
    return request


with open(sys.argv[1], "rb") as file:
    message = json_format.ParseDict(with_bytes(json.load(file)), ExportTraceServiceRequest())
print(without_empty_status(message).SerializeToString(deterministic=True).hex())
