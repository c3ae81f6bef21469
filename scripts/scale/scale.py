#!/usr/bin/env python3
"""Compares the time of hot requests between a small and a large number of tenants.

For each size, `arc up` runs with a private home on databases that `arc seed` has filled. One client sends every request to both by
turns, one after the other, for a bounded number of times and seconds. A request is an offender if its median grows by more than
--ratio (and by more than a millisecond, below which the machine decides) or is above --milliseconds, unless it is one of the
exceptions with a reason. The exit status is 1 if there are offenders or requests that failed, and 2 if the time is over. Everything
is removed at the end.
"""
import argparse
import http.client
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from queries import requests, sample
from stack import SERVICES, Stack


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,1000000", help="numbers of tenants (default 10000,1000000)")
    parser.add_argument("--subscriptions", type=int, default=3, help="of each tenant (1 to 20, default 3)")
    parser.add_argument("--seconds", type=float, default=2, help="longest time for a request of the list (default 2)")
    parser.add_argument("--times", type=int, default=200, help="most repetitions of a request (default 200)")
    parser.add_argument("--ratio", type=float, default=1.3, help="largest growth of a median (default 1.3)")
    parser.add_argument("--milliseconds", type=float, default=50, help="largest median (default 50)")
    parser.add_argument("--minutes", type=float, default=60, help="for everything; then it ends with status 2 (default 60)")
    parser.add_argument("--binary", default=".build/debug/arc", help="the program (default .build/debug/arc)")
    parser.add_argument("--output", help="a file for the figures as JSON")
    parser.add_argument("--folder", help="where databases are made (default: the folder for temporary files)")
    options = parser.parse_args()
    options.sizes = [int(size) for size in options.sizes.split(",")]
    if len(options.sizes) != 2 or not 100 <= options.sizes[0] < options.sizes[1] <= 10_000_000:
        parser.error("--sizes must be two increasing numbers from 100 to 10000000")
    if not 1 <= options.subscriptions <= 20 or not 3 <= options.times <= 100_000:
        parser.error("--subscriptions must be 1 to 20, --times 3 to 100000")
    return options


def time_is_over():
    print("the time is over (--minutes)", file=sys.stderr)
    raise SystemExit(2)


class Timer:
    def __init__(self, minutes):
        self.end = time.monotonic() + minutes * 60

    def left(self):
        left = self.end - time.monotonic()
        if left <= 0:
            time_is_over()
        return left


def token(stack, *more):
    return subprocess.run(
        [stack.binary, "token", "--permission", "all", *more], env=stack.environment, check=True, capture_output=True,
        text=True).stdout.strip()


class Client:
    """One connection to each service."""

    def __init__(self, stack, tokens):
        self.tokens = tokens
        self.connections = {
            name: http.client.HTTPConnection("127.0.0.1", stack.ports[name], timeout=60) for name in SERVICES}

    def send(self, request):
        """Returns status and milliseconds."""
        path, body = request.make()
        headers = dict(request.headers)
        if request.token:
            headers["Authorization"] = "Bearer " + self.tokens[request.token]
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection = self.connections[request.service]
        start = time.perf_counter()
        connection.request(request.method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        response.read()
        return response.status, (time.perf_counter() - start) * 1000


def measure(client, request, options, figures):
    """Sends the request for a third of its time, and adds its times and failures to the figures."""
    end = time.monotonic() + options.seconds / 3
    for index in range(options.times // 3 + 3):
        status, duration = client.send(request)
        if not 200 <= status < 300:
            figures["failures"] += 1
            figures["statuses"] = sorted({*figures["statuses"], status})
        # The first ones warm up, unless they have taken all of the time.
        if index >= 2 or time.monotonic() > end:
            figures["times"].append(duration)
        if time.monotonic() > end:
            break


def summary(figures):
    times = sorted(figures.pop("times"))
    return figures | {
        "p50": statistics.median(times), "p99": times[min(len(times) - 1, int(len(times) * 0.99))], "count": len(times)}


def memory(stack):
    """Resident bytes of each service."""
    result = {}
    for name, pid in stack.processes().items():
        if name in SERVICES:
            text = pathlib.Path(f"/proc/{pid}/status").read_text()
            result[name] = int(text.split("VmRSS:")[1].split()[0]) * 1024
    return result


class Filled:
    """A stack with sample data, which was started again on it."""

    def __init__(self, size, options, timer):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="arc-scale-", dir=options.folder))
        os.chmod(self.folder, 0o755)
        self.stack = Stack(options.binary, self.folder / "home", environment={"DB_SEARCH_TIMEOUT_MILLIS": "10000"})
        try:
            self.fill(size, options, timer)
        except BaseException:
            self.remove()
            raise

    def fill(self, size, options, timer):
        stack = self.stack
        stack.start()
        began = time.monotonic()
        command = [
            stack.binary, "seed", "--tenants", str(size), "--subscriptions-per-tenant", str(options.subscriptions)]
        try:
            subprocess.run(command, env=stack.environment, check=True, timeout=timer.left())
        except subprocess.TimeoutExpired:
            time_is_over()
        filled = time.monotonic() - began
        stack.stop()
        began = time.monotonic()
        stack.start()
        started = time.monotonic() - began
        found = sample(stack)
        print(f"{found['count']} tenants in {filled:.0f} s; the stack started on them in {started:.1f} s", flush=True)
        self.client = Client(stack, {"operator": token(stack), "tenant": token(stack, "--tenant", found["tenant"])})
        self.requests = requests(found)
        self.figures = {"tenants": found["count"], "seconds to fill": filled, "seconds to start": started, "requests": {}}

    def finish(self):
        """All figures."""
        sizes = {name: int(self.stack.sql(name, "SELECT pg_database_size(current_database())")[0][0])
                 for name in ("tenant_mgmt_db", "subscription_db")}
        return self.figures | {"memory": memory(self.stack), "bytes": sizes}

    def remove(self):
        self.stack.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def run(options, timer):
    """Fills both stacks, and measures each request on both by turns, so that what else the machine does hits both. Returns the
    figures of both."""
    stacks = []
    try:
        for size in options.sizes:
            stacks.append(Filled(size, options, timer))
        for pair in zip(*(each.requests for each in stacks)):
            timer.left()
            taken = [{"times": [], "failures": 0, "statuses": [], "exception": request.exception} for request in pair]
            for _ in range(3):
                for each, request, figures in zip(stacks, pair, taken):
                    measure(each.client, request, options, figures)
            for each, request, figures in zip(stacks, pair, taken):
                each.figures["requests"][request.name] = summary(figures)
        return [each.finish() for each in stacks]
    finally:
        for each in stacks:
            each.remove()


def compare(small, large, options):
    """Prints the table. Returns the names of offenders without a reason."""
    print(f"\n| request | {small['tenants']} p50 / p99 ms | {large['tenants']} p50 / p99 ms | ratio | |")
    print("|---|---|---|---|---|")
    offenders = []
    for name, before in small["requests"].items():
        after = large["requests"][name]
        ratio = after["p50"] / before["p50"]
        grows = ratio > options.ratio and after["p50"] - before["p50"] > 1
        note = ""
        if before["failures"] or after["failures"]:
            note = f"FAILS {sorted(set(before['statuses'] + after['statuses']))}"
        elif grows or after["p50"] > options.milliseconds:
            note = after["exception"] or "OFFENDER"
        if note.startswith(("FAILS", "OFFENDER")):
            offenders.append(name)
        print(f"| {name} | {before['p50']:.2f} / {before['p99']:.1f} | {after['p50']:.2f} / {after['p99']:.1f} "
              f"| {ratio:.2f} | {note} |")
    print("\n| | " + " | ".join(str(each["tenants"]) for each in (small, large)) + " |\n|---|---|---|")
    rows = [("to fill, s", lambda e: f"{e['seconds to fill']:.0f}"), ("to start, s", lambda e: f"{e['seconds to start']:.1f}")]
    rows += [(f"memory of {n}, MB", lambda e, n=n: f"{e['memory'].get(n, 0) / 1e6:.0f}") for n in SERVICES]
    rows += [(f"{n}, bytes for each tenant", lambda e, n=n: f"{e['bytes'][n] / e['tenants']:.0f}") for n in large["bytes"]]
    for name, value in rows:
        print(f"| {name} | {value(small)} | {value(large)} |")
    return offenders


def main():
    options = arguments()
    # So that everything is removed then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    timer = Timer(options.minutes)
    results = run(options, timer)
    offenders = compare(*results, options)
    if options.output:
        pathlib.Path(options.output).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(options.output).write_text(json.dumps(results, indent=1) + "\n")
    if offenders:
        print(f"\n{len(offenders)} offenders: {', '.join(offenders)}")
        raise SystemExit(1)
    print("\nno request grows beyond the limits")


if __name__ == "__main__":
    main()
