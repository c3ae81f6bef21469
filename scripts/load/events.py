#!/usr/bin/env python3
"""Publishes many events on a running system and reports how many are handled in a minute, and how late.

The system is `arc up` with a private home, on the bus that --connector names; for sqs, the server of moto stands in for SQS,
which is slower than the services. Each event reports a subscription of an active tenant as active: it is written to the outbox
of the subscription service, whose relay publishes it on the message bus; tenant management looks up the tenant, finds nothing
to do, and marks the event in its inbox. The lag of an event is the time between these two rows. The events of a tenant must be
handled in their order, and in the steady scenario the lag must not grow.
"""
import argparse
import contextlib
import json
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from queues import QueueServer
from stack import Stack, new_tenant

TYPE = "SUBSCRIPTION_ACTIVATED"
SOURCE, TARGET, CONSUMER = "subscription_db", "tenant_mgmt_db", "tenant-management"
DATA = json.dumps({"subscription": {"id": "load", "plan": {"tier": "BASIC"}}})


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--events", type=int, help="in each scenario (100 to 1000000, default 10000; for sqs 100)")
    parser.add_argument("--tenants", type=int, default=100, help="in scenarios of many (2 to 1000, default 100)")
    parser.add_argument("--seconds", type=int, default=60, help="length of the steady scenario (1 to 3600, default 60)")
    parser.add_argument("--patience", type=int, default=300, help="seconds until a scenario fails (default 300)")
    parser.add_argument(
        "--minimum", type=int, help="fail below this rate a minute, and if the lag grows (default 10000; for"
        " sqs 0, neither: it would measure moto)")
    parser.add_argument(
        "--connector", choices=["postgres", "bullmq", "sqs"], default="postgres", help="the bus (default postgres)")
    parser.add_argument("--binary", default=".build/debug/arc", help="the program (default .build/debug/arc)")
    options = parser.parse_args()
    on_moto = options.connector == "sqs"
    if options.events is None:
        options.events = 100 if on_moto else 10_000
    if options.minimum is None:
        options.minimum = 0 if on_moto else 10_000
    if not 100 <= options.events <= 1_000_000 or not 2 <= options.tenants <= 1000:
        parser.error("--events must be 100 to 1000000, --tenants 2 to 1000")
    if not 1 <= options.seconds <= 3600 or not 1 <= options.patience <= 3600:
        parser.error("--seconds and --patience must be 1 to 3600")
    return options


def create_tenants(stack, count, patience):
    """Creates tenants and waits until all of them are active. Returns their ids."""
    token = stack.token()
    for _ in range(count):
        stack.post("tenant-management", "/tenants", new_tenant("Load"), token)
    deadline = time.monotonic() + patience
    while True:
        active = stack.sql(TARGET, "SELECT id FROM main.tenants WHERE status = 0")
        if len(active) == count:
            return [row[0] for row in active]
        if time.monotonic() > deadline:
            sys.exit(f"{count - len(active)} of {count} tenants were not active within {patience} s")
        time.sleep(0.2)


def publish(stack, tenants, seconds):
    """Writes an event for each of the tenants, in order: a hundred in each transaction as fast as possible, or each in its
    own evenly over the given seconds."""
    session = stack.session(SOURCE)
    begun = time.monotonic()
    for number, tenant in enumerate(tenants):
        if seconds:
            time.sleep(max(0, begun + seconds * number / len(tenants) - time.monotonic()))
        elif number % 100 == 0:
            session.stdin.write("BEGIN;\n" if number == 0 else "COMMIT; BEGIN;\n")
        session.stdin.write(
            "INSERT INTO main.outbox (event_id, type, version, tenant_id, occurred_at, data) VALUES"
            f" (gen_random_uuid(), '{TYPE}', 1, '{tenant}', clock_timestamp(), '{DATA}');\n")
        if seconds:
            session.stdin.flush()
    if not seconds:
        session.stdin.write("COMMIT;\n")
    session.stdin.close()
    if session.wait() != 0:
        sys.exit("the events could not be written")


def open_work(stack):
    """How many events are not handled yet, as far as the databases know."""
    pending = stack.sql(SOURCE, "SELECT count(*) FROM main.outbox WHERE state = 0")
    deliveries = stack.sql("message_bus_db", "SELECT count(*) FROM main.deliveries WHERE state = 0")
    return int(pending[0][0]) + int(deliveries[0][0])


def handled(stack):
    rows = stack.sql(
        TARGET,
        f"SELECT event_id, extract(epoch FROM processed_at) FROM main.inbox WHERE consumer = '{CONSUMER}'")
    return {event: float(instant) for event, instant in rows}


def run(stack, name, tenants, hot, seconds, patience, watches_lag):
    """Carries out a scenario. Returns its problems and its rate."""
    before = int(stack.sql(SOURCE, "SELECT coalesce(max(position), 0) FROM main.outbox")[0][0])
    publish(stack, tenants, seconds)
    written = stack.sql(
        SOURCE,
        "SELECT event_id, tenant_id, extract(epoch FROM occurred_at) FROM main.outbox"
        f" WHERE position > {before} AND type = '{TYPE}' ORDER BY position")
    deadline = time.monotonic() + patience
    missing = len(written)
    while missing > 0 and time.monotonic() < deadline:
        time.sleep(0.2)
        if open_work(stack) > 0:
            continue
        # Other buses than PostgreSQL's have work that is in none of the databases.
        marks = handled(stack)
        missing = sum(event not in marks for event, _, _ in written)
    if missing > 0:
        return [f"{name}: {missing} of {len(written)} events were not handled within {patience} s"], 0
    problems = []
    if len(written) != len(tenants):
        problems.append(f"{name}: {len(written)} events instead of {len(tenants)}")
    lags = {True: [], False: []}
    last = {}
    for event, tenant, instant in written:
        lags[tenant == hot].append(marks[event] - float(instant))
        if marks[event] < last.get(tenant, 0):
            problems.append(f"{name}: event {event} was handled before an earlier one of its tenant")
        last[tenant] = marks[event]
    if seconds and watches_lag:
        problems += growth(name, [marks[event] - float(instant) for event, _, instant in written])
    rate = 60 * len(written) / (max(last.values()) - float(written[0][2]))
    for is_hot, values in lags.items():
        if values:
            print(
                f"{name:44} {'one tenant' if is_hot else 'other tenants':14} {len(values):8} {rate:12,.0f}"
                f" {1000 * statistics.median(values):10,.0f} {1000 * max(values):10,.0f}", flush=True)
    return problems, rate


def growth(name, lags):
    """The problem of a lag that grows while events are published evenly: the last third waits longer than the first."""
    third = max(1, len(lags) // 3)
    first, last = statistics.median(lags[:third]), statistics.median(lags[-third:])
    if last <= 2 * first + 0.5:
        return []
    return [f"{name}: the lag grows, from {1000 * first:,.0f} ms to {1000 * last:,.0f} ms (medians of the first and last third)"]


def main():
    options = arguments()
    binary = pathlib.Path(options.binary).resolve()
    if not binary.exists():
        sys.exit(f"{binary} does not exist; run `make build` first")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="arc-load-"))
    folder.chmod(0o755)
    with contextlib.ExitStack() as servers:
        environment = {"EVENT_CONNECTOR": options.connector}
        if options.connector == "sqs":
            environment = servers.enter_context(QueueServer(folder)).environment
        problems = measure(Stack(str(binary), folder / "home", environment=environment), options)
    for problem in problems[:20]:
        print(problem)
    if problems:
        sys.exit(f"FAILED; logs and data stay in {folder}")
    shutil.rmtree(folder, ignore_errors=True)


def measure(stack, options):
    """Carries out all scenarios. Returns their problems."""
    problems = []
    try:
        stack.start()
        hot, *others = create_tenants(stack, options.tenants + 1, options.patience)
        count = options.events
        many = [others[number % len(others)] for number in range(count)]
        # Every tenth event is another tenant's.
        mixed = [others[number // 10 % len(others)] if number % 10 == 9 else hot for number in range(count + count // 9)]
        scenarios = [
            ("one tenant, as fast as possible", [hot] * count, 0),
            (f"{len(others)} tenants, as fast as possible", many, 0),
            ("one tenant and others, as fast as possible", mixed, 0),
            (f"one tenant and others, over {options.seconds} s", mixed, options.seconds),
        ]
        print(f"{'scenario':44} {'events of':14} {'events':>8} {'all/minute':>12} {'median ms':>10} {'largest ms':>10}")
        for name, tenants, seconds in scenarios:
            found, rate = run(
                stack, name, tenants, hot, seconds, options.patience, watches_lag=options.minimum > 0)
            problems += found
            # A steady load sets the rate itself.
            if not found and not seconds and rate < options.minimum:
                problems.append(f"{name}: {rate:,.0f} events a minute, fewer than {options.minimum:,}")
    finally:
        stack.stop()
    return problems


if __name__ == "__main__":
    main()
