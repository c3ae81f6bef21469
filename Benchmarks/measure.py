#!/usr/bin/env python3
"""Measures tenant management, its peers and pgbench in turn, and compares the ratios with their goals."""

import argparse
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scripts"))

from pgbench import transactions_per_second
from stack import free_port

TICKS = os.sysconf("SC_CLK_TCK")
READ_CONNECTIONS = 16
CREATE_CONNECTIONS = 10
LIST_PATH = "/tenants?filter=" + urllib.parse.quote('{"limit":50,"include":["contacts","resources"]}')
LISTED_TENANTS = 200
JOBS = ("ping", "read", "list", "create")
LISTING = ("arc", "express")  # the targets that answer the list
# Tenant management with everything that watches requests, and without. Limits of calls are what they are by default: single
# rows are not counted.
LAYERS_OFF = {"METRICS_ENABLED": "false", "ENABLE_TRACING": "false", "ACCESS_LOG": "false"}
LAYERS_ON = {
    "METRICS_ENABLED": "true", "METRICS_PORT": "0", "ENABLE_TRACING": "true", "ACCESS_LOG": "true", "LOG_LEVEL": "info"}
TENANT = {
    "name": "Acme Corporation", "domains": ["acme.example"],
    "contact": {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@acme.example", "isPrimary": True},
}


def environment_of(pid):
    entries = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return dict(entry.decode().split("=", 1) for entry in entries if b"=" in entry)


def cpu_seconds(pid):
    """User and system time of all threads of a process."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid):
    """Resident memory now and at its highest, in MB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {name: int(re.search(rf"{name}:\s+(\d+)", status).group(1)) / 1024 for name in ("VmRSS", "VmHWM")}


def answers_ping(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def start(command, environment):
    """Starts a server; returns it, its port and the milliseconds to its first answer."""
    port = free_port()
    began = time.perf_counter()
    server = subprocess.Popen(
        command, env={**environment, "PORT": str(port)}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while not answers_ping(port):
        if server.poll() is not None:
            raise RuntimeError(f"{command[0]} ended: {server.stderr.read().decode()[-500:]}")
        if time.perf_counter() - began > 30:
            server.kill()
            raise RuntimeError(f"{command[0]} did not answer /ping within 30 s")
        time.sleep(0.001)
    return server, port, (time.perf_counter() - began) * 1000


def stop(server):
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def without_order(value):
    if isinstance(value, dict):
        return {name: without_order(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        elements = [without_order(element) for element in value]
        return sorted(elements, key=lambda element: element["id"] if isinstance(element, dict) else json.dumps(element))
    return value


def wrk(url, pid, seconds, script, connections, headers, is_warm_up=False, **variables):
    """One bounded run of wrk, with the CPU time that the server took meanwhile."""
    before = cpu_seconds(pid)
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "5s", "-s", str(HERE / "wrk" / script),
         *(part for name, value in headers.items() for part in ("-H", f"{name}: {value}")), url],
        env={**os.environ, **variables, "REPORT_SCRIPT": str(HERE / "wrk" / "report.lua")},
        capture_output=True, text=True, timeout=seconds + 30)
    used = cpu_seconds(pid) - before
    match = re.search(r"^RESULT (.*)$", output.stdout, re.M)
    if not match:
        raise RuntimeError(f"wrk: {output.stdout}{output.stderr}")
    result = json.loads(match.group(1))
    if result["failed"] or result["broken"] or not result["requests"] and not is_warm_up:
        raise RuntimeError(f"{url}: {result} within {seconds} s")
    requests = max(result["requests"], 1)
    return {
        "perSecond": requests / (result["microseconds"] / 1e6), "cpuMicroseconds": used * 1e6 / requests,
        "p50Milliseconds": result["p50"] / 1000, "p99Milliseconds": result["p99"] / 1000}


class Target:
    """One server under measurement."""

    def __init__(self, name, pid, port, start_milliseconds):
        self.name, self.pid, self.port = name, pid, port
        self.runs = {}
        self.jobs = [job for job in JOBS if job != "list" or name in LISTING]
        self.start_milliseconds = start_milliseconds
        self.tenant = None

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def seed(self, token, key):
        request = urllib.request.Request(
            self.url("/tenants"), json.dumps({**TENANT, "key": key}).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as response:
            if response.status != 201:
                raise RuntimeError(f"{self.name}: POST /tenants answered {response.status}")
            self.tenant = json.load(response)["id"]

    def page(self, token):
        """What the list answers, without what is unset and in the order of ids: the same of every server."""
        request = urllib.request.Request(self.url(LIST_PATH), headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as response:
            return without_order(json.load(response))

    def load(self, job, token, seconds, prefix, is_warm_up=False):
        """One bounded run of wrk; keeps it with the CPU time that the server took meanwhile."""
        path, script, connections = {
            "ping": ("/ping", "report.lua", READ_CONNECTIONS),
            "read": (f"/tenants/{self.tenant}", "report.lua", READ_CONNECTIONS),
            "list": (LIST_PATH, "report.lua", READ_CONNECTIONS),
            "create": ("/tenants", "create-tenant.lua", CREATE_CONNECTIONS),
        }[job]
        headers = {} if job == "ping" else {"Authorization": f"Bearer {token}"}
        run = wrk(
            self.url(path), self.pid, seconds, script, connections, headers, is_warm_up, KEY_PREFIX=prefix)
        if not is_warm_up:
            self.runs.setdefault(job, []).append(run)

    def best(self, job):
        return max(self.runs[job], key=lambda run: run["perSecond"])


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes spans and forgets them."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        self.send_response(200)
        self.send_header("Content-Type", self.headers.get("Content-Type", "application/json"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

    @classmethod
    def start(cls):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), cls)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"


class Layers:
    """What all layers together cost on the cached read: two processes with them and two without are measured in short turns, so that
    neither what else the machine does nor where a process is in memory decides."""

    def __init__(self):
        self.pairs, self.servers = [], []

    def start(self, arc, environment, tenant):
        on = {**LAYERS_ON, "OTEL_EXPORTER_OTLP_ENDPOINT": Collector.start()}
        for _ in range(2):
            pair = []
            for name, settings in (("without", LAYERS_OFF), ("with", on)):
                server, port, milliseconds = start(
                    [str(arc), "serve", "tenant-management"], {**environment, **settings})
                self.servers.append(server)
                pair.append(Target(f"arc {name} layers", server.pid, port, [milliseconds]))
                pair[-1].tenant = tenant
            self.pairs.append(pair)

    def measure(self, token, rounds, seconds):
        processes = [target for pair in self.pairs for target in pair]
        for target in processes:
            target.load("read", token, 1, "", is_warm_up=True)
        for number in range(rounds * seconds):
            for target in processes if number % 2 == 0 else reversed(processes):
                target.load("read", token, 1, "")

    @property
    def targets(self):
        """One process of each kind, for its memory and its best turn."""
        return {"without": self.pairs[0][0], "with": self.pairs[0][1]}

    def share(self):
        """The best rate of all turns with layers, as a share of the best one without."""
        without, layered = (max(pair[kind].best("read")["perSecond"] for pair in self.pairs) for kind in (0, 1))
        return layered / without

    def stop(self):
        for server in self.servers:
            stop(server)


class Database:
    """The stack's PostgreSQL, entered as tenant management enters it."""

    def __init__(self, environment):
        self.variables = {
            **os.environ, "PGHOST": environment["DB_HOST"], "PGPORT": environment["DB_PORT"],
            "PGUSER": environment["DB_USER"], "PGPASSWORD": environment["DB_PASSWORD"],
            "PGDATABASE": environment["DB_DATABASE"]}

    def transactions_per_second(self, seconds):
        return transactions_per_second(HERE / "pgbench" / "create-tenant.sql", self.variables, CREATE_CONNECTIONS, seconds)

    def seed_list(self):
        """Tenants for the list, with three contacts and three resources each. Their ids sort before all others, so that
        what the creates add does not change the page."""
        output = subprocess.run(
            ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-v", f"tenants={LISTED_TENANTS}", "-f",
             str(HERE / "seed-list.sql")], env=self.variables, capture_output=True, text=True)
        if output.returncode != 0:
            raise RuntimeError(f"psql: {output.stderr[-800:]}")

    def wait_for_relay(self, limit=60):
        """Until tenant management has published what the last run left in the outbox: it must not pay for it later."""
        began = time.monotonic()
        while time.monotonic() - began < limit:
            left = subprocess.run(
                ["psql", "-XAtq"], env=self.variables, capture_output=True, text=True,
                input="BEGIN; SELECT set_config('app.tenant_id', '*', true) \\gset \n"
                      "SELECT count(*) FROM main.outbox WHERE state = 0; COMMIT;").stdout.strip()
            if left == "0":
                break
            time.sleep(0.2)
        return time.monotonic() - began


def start_all(arguments):
    """Tenant management as the stack runs it, and those peers that are there."""
    records = dict(line.split()[:2] for line in (arguments.home / "processes").read_text().splitlines())
    pid = int(records["tenant-management"])
    environment = environment_of(pid)
    commands = {"arc": [str(arguments.arc), "serve", "tenant-management"]}
    go, express = arguments.peers / "go" / "peer", arguments.peers / "express"
    if go.exists():
        commands["go"] = [str(go)]
    if (express / "complete").exists():
        environment["NODE_PATH"] = str((express / "root/usr/share/nodejs").resolve())
        environment["NODE_ENV"] = "production"
        commands["express"] = ["node", str(HERE / "peers/express/server.js")]

    targets, servers = {}, []
    for name, command in commands.items():
        times = []
        for attempt in range(5):
            server, port, milliseconds = start(command, environment)
            times.append(milliseconds)
            if name != "arc" and attempt == 4:
                servers.append(server)
                targets[name] = Target(name, server.pid, port, times)
            else:
                stop(server)
        if name == "arc":
            targets[name] = Target(name, pid, int(environment["PORT"]), times)
    return targets, servers, environment


def check_lists(targets, token):
    """That all servers answer the same to the list, and as much as was seeded."""
    pages = {target.name: target.page(token) for target in targets.values() if "list" in target.jobs}
    page = pages["arc"]
    if len(page) != 50 or any(len(tenant[name]) != 3 for tenant in page for name in ("contacts", "resources")):
        raise RuntimeError("arc list: not 50 tenants with 3 contacts and 3 resources each")
    for name, other in pages.items():
        for ours, theirs in zip(page, other):
            if ours != theirs:
                raise RuntimeError(f"{name} list: differs from arc's: {theirs} is not {ours}")
        if len(other) != len(page):
            raise RuntimeError(f"{name} list: {len(other)} tenants")


def measure(arguments, targets, database, token):
    pgbench, relay = [], []
    database.seed_list()
    check_lists(targets, token)
    for number, target in enumerate(targets.values()):
        target.seed(token, f"seed{number}")
        for job in target.jobs:
            target.load(job, token, 1, f"w{number}", is_warm_up=True)
        database.wait_for_relay()
    for round_number in range(arguments.rounds):
        print(f"round {round_number + 1} of {arguments.rounds}", file=sys.stderr)
        for job in ("ping", "read", "list"):
            for target in targets.values():
                if job in target.jobs:
                    target.load(job, token, arguments.seconds, "")
        for number, target in enumerate(targets.values()):
            target.load("create", token, arguments.seconds, f"{'abc'[number]}{round_number}")
            relay.append(database.wait_for_relay())
        pgbench.append(database.transactions_per_second(arguments.seconds))
        relay.append(database.wait_for_relay())
    return pgbench, relay


def ratios(targets, pgbench, layers):
    """Each ratio: name, value, requirement, goal, whether more is better, unit."""
    arc = targets["arc"]
    rate = lambda target, job: target.best(job)["perSecond"]
    rows = [
        ("cached read / own ping", rate(arc, "read") / rate(arc, "ping"), 0.70, 0.80, True, ""),
        ("create / pgbench", rate(arc, "create") / max(pgbench), 0.50, 0.60, True, ""),
    ]
    for name, read, create in (("go", (1.0, 1.2), (1.0, 1.3)), ("express", (4.0, 4.0), (2.5, 2.5))):
        if name in targets:
            rows.append((f"cached read / {name}", rate(arc, "read") / rate(targets[name], "read"), *read, True, ""))
            rows.append((f"create / {name}", rate(arc, "create") / rate(targets[name], "create"), *create, True, ""))
            if name in LISTING:
                rows.append((f"list / {name}", rate(arc, "list") / rate(targets[name], "list"), 5.0, 5.0, True, ""))
    rows.append(("start to first ping", min(arc.start_milliseconds), 150, 150, False, " ms"))
    rows.append(("memory under load", memory(arc.pid)["VmHWM"], 64, 48, False, " MB"))
    rows.append(("read, all layers / none", layers.share(), 0.85, 0.9, True, ""))
    memories = [memory(layered.pid)["VmHWM"] for _, layered in layers.pairs]
    rows.append(("memory with all layers", max(memories), 52, 52, False, " MB"))
    return [
        {"what": what, "value": value, "unit": unit.strip(), "required": required, "designed": designed,
         "meetsRequired": value >= required if more else value <= required,
         "meetsDesigned": value >= designed if more else value <= designed}
        for what, value, required, designed, more, unit in rows]


def print_tables(targets, layers, pgbench, relay, goals):
    print(f"\n{'':22}{'req/s':>10}{'CPU us':>9}{'p50 ms':>9}{'p99 ms':>9}")
    for job in JOBS:
        for target in targets.values():
            if job not in target.runs:
                continue
            best = target.best(job)
            print(f"{job:8}{target.name:14}{best['perSecond']:10.0f}{best['cpuMicroseconds']:9.0f}"
                  f"{best['p50Milliseconds']:9.2f}{best['p99Milliseconds']:9.2f}")
    for name, target in layers.items():
        best = target.best("read")
        print(f"{'read':8}{name + ' layers':14}{best['perSecond']:10.0f}{best['cpuMicroseconds']:9.0f}"
              f"{best['p50Milliseconds']:9.2f}{best['p99Milliseconds']:9.2f}")
    print(f"{'create':8}{'pgbench':14}{max(pgbench):10.0f}\n")
    print(f"{'':22}{'RSS MB':>10}{'peak MB':>9}{'start ms, best of 5':>22}")
    for target in [*targets.values(), *layers.values()]:
        used = memory(target.pid)
        print(f"{target.name:22}{used['VmRSS']:10.0f}{used['VmHWM']:9.0f}{min(target.start_milliseconds):22.0f}")
    print(f"\nlongest wait for the outbox relay after a run: {max(relay):.1f} s\n")
    print(f"{'':26}{'measured':>11}{'required':>11}{'goal':>11}")
    for goal in goals:
        mark = "pass" if goal["meetsDesigned"] else "pass, below goal" if goal["meetsRequired"] else "FAIL"
        print(f"{goal['what']:26}{goal['value']:11.2f}{goal['required']:11.2f}{goal['designed']:11.2f}"
              f"  {goal['unit']:3}{mark}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("arc", "home", "peers", "output"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=5, choices=range(1, 31))
    parser.add_argument("--rounds", type=int, default=3, choices=range(1, 6))
    arguments = parser.parse_args()

    # The permissions that the jobs need, for tenants and their contacts: a token with all of them would cost the peers more.
    token = subprocess.run(
        [str(arguments.arc), "token", "--permission", "10204", "--permission", "10207", "--permission", "10211"],
        env={**os.environ, "ARC_HOME": str(arguments.home)}, capture_output=True, text=True, check=True).stdout.strip()
    targets, servers, environment = start_all(arguments)
    layers = Layers()
    try:
        pgbench, relay = measure(arguments, targets, Database(environment), token)
        layers.start(arguments.arc, environment, targets["arc"].tenant)
        layers.measure(token, arguments.rounds, arguments.seconds)
        goals = ratios(targets, pgbench, layers)
        print_tables(targets, layers.targets, pgbench, relay, goals)
        arguments.output.write_text(json.dumps({
            "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "cores": os.cpu_count(),
            "seconds": arguments.seconds, "rounds": arguments.rounds,
            "targets": {
                target.name: {"runs": target.runs, "startMilliseconds": target.start_milliseconds, **memory(target.pid)}
                for target in [*targets.values(), *layers.targets.values()]},
            "pgbench": pgbench, "relaySeconds": relay, "goals": goals}, indent=1) + "\n")
    finally:
        layers.stop()
        for server in servers:
            stop(server)


if __name__ == "__main__":
    main()
