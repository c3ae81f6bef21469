"""Runs rotel, a collector of OpenTelemetry, as a receiver that prints all spans.

usage: otlp_receiver.py HTTP_PORT GRPC_PORT FILE      both ports on 127.0.0.1; FILE is for its process id
"""

import os
import pathlib
import sys

import rotel

agent = pathlib.Path(rotel.__file__).parent / "rotel-agent"
http, grpc, file = sys.argv[1:]
os.execv(agent, [
    str(agent), "start", "--otlp-http-endpoint", f"127.0.0.1:{http}", "--otlp-grpc-endpoint", f"127.0.0.1:{grpc}",
    "--exporter", "blackhole", "--debug-log", "traces", "--debug-log-verbosity", "detailed", "--batch-timeout", "20ms",
    "--pid-file", file, "--log-format", "json",
])
