#!/usr/bin/env python3
"""Measures the money part of the subscription service: previews, entitlements, usage events, renewals and `arc billing check`, beside
its own /ping and plain inserts of pgbench, all in one run."""

import argparse
import http.client
import json
import os
import pathlib
import statistics
import sys
import threading
import time
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "scripts"), str(HERE.parent / "scripts/billing")]

from copies import DATABASE
from installation import CONCURRENCY, Installation
from measure import READ_CONNECTIONS, wrk
from pgbench import Inserts
from stack import private_folder

SUBSCRIPTIONS_OF_TENANT = 4
# Events of a request, the tenants that they are of, and how many clients send them at the same time.
BATCH, TENANTS, REPORTERS = 1000, 50, 4
SCENARIO = {
    "currency": "USD", "start": "2026-01-01", "interval": {"unit": "month"}, "quantity": "3",
    "price": {"model": "per_unit", "unitAmount": "8.50"}, "taxes": [{"name": "VAT", "rate": "20"}]}
PREVIEWS = {"preview of a month": "2026-02-01", "preview of ten years": "2036-01-01"}
ENTITLEMENT = "entitlement"


class Jobs:
    """Requests that are sent by wrk: name, path, body; each with many connections for its rate, and with one for its latency."""

    def __init__(self, installation, folder):
        self.node, self.token = installation.nodes[0], installation.token
        tenant = installation.template.tenants(1)[0]
        self.jobs = {"ping": ("/ping", None), ENTITLEMENT: (f"/entitlements/{tenant}?feature=api-calls", None)}
        for name, until in PREVIEWS.items():
            file = folder / f"{name.replace(' ', '-')}.json"
            file.write_text(json.dumps({**SCENARIO, "until": until}))
            self.jobs[name] = ("/billing-preview", file)
        self.runs = {name: {"rate": [], "latency": []} for name in self.jobs}

    def run(self, name, connections, seconds, is_warm_up=False):
        path, file = self.jobs[name]
        script, more = ("report.lua", {}) if file is None else ("post.lua", {"BODY_FILE": str(file)})
        headers = {} if name == "ping" else {"Authorization": f"Bearer {self.token}"}
        return wrk(
            f"http://127.0.0.1:{self.node.port}{path}", self.node.process.pid, seconds, script, connections, headers, is_warm_up,
            **more)

    def measure(self, rounds, seconds):
        for name in self.jobs:
            self.run(name, 1, 1, is_warm_up=True)
        for _ in range(rounds):
            for name, runs in self.runs.items():
                runs["rate"].append(self.run(name, READ_CONNECTIONS, seconds))
                runs["latency"].append(self.run(name, 1, seconds))

    def rate(self, name):
        return max(run["perSecond"] for run in self.runs[name]["rate"])

    def latency(self, name, percentile):
        return min(run[f"{percentile}Milliseconds"] for run in self.runs[name]["latency"])


class Usage:
    """Clients that report batches of events, each for tenants of its own, as senders do that have many."""

    def __init__(self, installation):
        self.node, self.token = installation.nodes[0], installation.token
        tenants = installation.template.tenants(TENANTS * REPORTERS)
        self.groups = [tenants[number::REPORTERS] for number in range(REPORTERS)]
        self.failures, self.counts = [], []

    def per_second(self, seconds):
        """Events that were acknowledged a second."""
        self.counts = [0] * REPORTERS
        end = time.monotonic() + seconds
        threads = [threading.Thread(target=self.report, args=(number, end)) for number in range(REPORTERS)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self.failures:
            raise RuntimeError(self.failures[0])
        return sum(self.counts) / (time.monotonic() - began)

    def report(self, number, end):
        tenants = self.groups[number]
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        # One body, in which each request has another prefix of its ids: making events takes no time that the server needs.
        body = json.dumps({"events": [
            {"id": f"PREFIX-{index}", "tenantId": tenants[index % len(tenants)], "meter": "api-calls", "at": now, "quantity": "1"}
            for index in range(BATCH)]}).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self.node.port, timeout=60)
        try:
            while time.monotonic() < end:
                connection.request("POST", "/usage-events", body.replace(b"PREFIX", uuid.uuid4().hex[:12].encode()), headers)
                response = connection.getresponse()
                answer = response.read()
                if response.status != 200 or json.loads(answer)["stored"] != BATCH:
                    self.failures.append(f"POST /usage-events was answered with {response.status}: {answer[:500]!r}")
                    return
                self.counts[number] += BATCH
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(f"POST /usage-events: {error!r}")
        finally:
            connection.close()


class Costs:
    """What a renewal and its check cost, by how many subscriptions there are."""

    def __init__(self, installation):
        self.installation = installation
        # What starting the command takes.
        self.fixed = min(self.check("--tenant", str(uuid.uuid4())) for _ in range(3))
        self.renewals, self.checks = {}, {}

    def check(self, *options):
        began = time.monotonic()
        findings, summary = self.installation.stack.check_billing(*options)
        if findings:
            raise RuntimeError(f"arc billing check: {summary}: {findings[0]}")
        return time.monotonic() - began

    def renew(self, count):
        """Seconds for each of so many new subscriptions that become due at once."""
        installation = self.installation
        added = installation.template.copy(count // SUBSCRIPTIONS_OF_TENANT, is_due=False)
        before = installation.issued()
        installation.release()
        installation.wait_for(before + added, 3600)
        return installation.seconds_of_renewals(before) / (added - 1)

    def measure(self, size, existing, rounds):
        """With as many subscriptions as the size in the end; of a small size, several times."""
        count = (size - existing) // (SUBSCRIPTIONS_OF_TENANT * rounds) * SUBSCRIPTIONS_OF_TENANT
        self.renewals[size] = statistics.median(self.renew(count) for _ in range(rounds))
        self.checks[size] = (min(self.check() for _ in range(rounds)) - self.fixed) / (existing + count * rounds)
        return existing + count * rounds


def prepare(installation):
    """A meter with a limit, which the plan of the template has."""
    template, token = installation.template, installation.token
    template.post("/features", token, name="API calls", key="api-calls")
    template.post("/meters", token, name="API calls", key="api-calls", aggregation="sum", featureKey="api-calls",
                  alertThresholds=[100])
    installation.stack.post("subscription", f"/plans/{template.plan}/features", [{"featureKey": "api-calls", "value": "1000000000"}], token)


def goals(jobs, figures, costs, sizes):
    """Each row: what, value, goal (None: there is none), whether more is better, unit."""
    small, large = sizes
    return [
        ("previews of a month / ping", jobs.rate("preview of a month") / jobs.rate("ping"), None, True, ""),
        ("preview of ten years, p99", jobs.latency("preview of ten years", "p99"), 5, False, "ms"),
        ("entitlement / ping, p50", jobs.latency(ENTITLEMENT, "p50") / jobs.latency("ping", "p50"), None, False, ""),
        ("entitlement, p99", jobs.latency(ENTITLEMENT, "p99"), None, False, "ms"),
        ("usage events a second", figures["usage"], 10_000, True, ""),
        ("usage events / inserts", figures["usage"] / figures["usage inserts"], None, True, ""),
        (f"usage events / {BATCH} at once", figures["usage"] / figures["usage batches"], None, True, ""),
        ("renewals / inserts", 1 / costs.renewals[large] / figures["invoice inserts"], None, True, ""),
        (f"renewal of {large} / {small}", costs.renewals[large] / costs.renewals[small], 1.2, False, ""),
        (f"check of {large} / {small}", costs.checks[large] / costs.checks[small], 1.2, False, ""),
    ]


def print_tables(jobs, figures, costs, rows):
    print(f"\n{'':24}{'req/s':>10}{'CPU us':>9}{'p50 ms':>9}{'p99 ms':>9}   (p50 and p99 of one client)")
    for name in jobs.jobs:
        best = max(jobs.runs[name]["rate"], key=lambda run: run["perSecond"])
        print(f"{name:24}{best['perSecond']:10.0f}{best['cpuMicroseconds']:9.0f}{jobs.latency(name, 'p50'):9.2f}"
              f"{jobs.latency(name, 'p99'):9.2f}")
    print(f"\n{'':44}{'a second':>10}")
    for name, value in (
            (f"usage events, {BATCH} in a request", figures["usage"]), ("pgbench: the same rows, one by one", figures["usage inserts"]),
            (f"pgbench: the same rows, {BATCH} at once", figures["usage batches"]),
            *((f"renewals of {size} subscriptions", 1 / cost) for size, cost in costs.renewals.items()),
            ("pgbench: invoices, one by one", figures["invoice inserts"]),
            *((f"arc billing check, of {size} subscriptions", 1 / cost) for size, cost in costs.checks.items())):
        print(f"{name:44}{value:10,.0f}")
    print(f"\n{'':34}{'measured':>11}{'goal':>11}")
    for what, value, goal, more, unit in rows:
        mark = "" if goal is None else "pass" if (value >= goal if more else value <= goal) else "FAIL"
        print(f"{what:34}{value:11.2f}{'' if goal is None else f'{goal:.2f}':>11}  {unit:3}{mark}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("arc", "output"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=5, choices=range(1, 31))
    parser.add_argument("--rounds", type=int, default=3, choices=range(1, 6))
    parser.add_argument("--subscriptions", default="1000,100000", help="two sizes between which costs are compared")
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.subscriptions.split(",")]
    if len(sizes) != 2 or not 1000 <= sizes[0] < sizes[1] <= 1_000_000:
        parser.error("--subscriptions must be two increasing numbers from 1000 to 1000000")
    with private_folder("arc-bench-billing-") as folder:
        installation = Installation(str(arguments.arc.resolve()), folder, 120)
        try:
            measure(arguments, installation, folder, sizes)
        finally:
            installation.stop()


def measure(arguments, installation, folder, sizes):
    installation.start(SUBSCRIPTIONS_OF_TENANT, 1)
    installation.start_nodes()
    prepare(installation)
    costs = Costs(installation)
    print("renewals", file=sys.stderr)
    # The first ones fill caches of the node and of its connections.
    costs.renew(400)
    existing = costs.measure(sizes[0], 400, 3)
    jobs, usage = Jobs(installation, folder), Usage(installation)
    print("requests", file=sys.stderr)
    jobs.measure(arguments.rounds, arguments.seconds)
    usage.per_second(1)
    invoices = installation.invoice_inserts()
    events = Inserts(installation.stack, DATABASE, "usage_events", {
        "event_id": "gen_random_uuid()", "occurred_on": "now()", "billed_on": "now()", "received_on": "now()"})
    figures = {"usage": [], "usage inserts": [], "usage batches": [], "invoice inserts": []}
    for _ in range(arguments.rounds):
        figures["usage"].append(usage.per_second(arguments.seconds))
        figures["usage inserts"].append(events.per_second(REPORTERS, arguments.seconds))
        figures["usage batches"].append(events.per_second(REPORTERS, arguments.seconds, BATCH))
        figures["invoice inserts"].append(invoices.per_second(CONCURRENCY, arguments.seconds))
    print(f"renewals of {sizes[1]} subscriptions", file=sys.stderr)
    costs.measure(sizes[1], existing, 1)
    best = {name: max(values) for name, values in figures.items()}
    rows = goals(jobs, best, costs, sizes)
    print_tables(jobs, best, costs, rows)
    arguments.output.write_text(json.dumps({
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "cores": os.cpu_count(), "seconds": arguments.seconds,
        "rounds": arguments.rounds, "runs": jobs.runs, "figures": figures, "secondsOfRenewal": costs.renewals,
        "secondsOfCheck": costs.checks,
        "goals": [dict(zip(("what", "value", "goal", "isMoreBetter", "unit"), row)) for row in rows]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
