#!/usr/bin/env python3
"""Renews many subscriptions that are due at the same minute while nodes are killed, then checks that each was billed exactly once.

Two nodes of the subscription service run on a PostgreSQL and a Redis of their own, on loopback. The subscriptions are copies of
the rows of some that the service has made (scripts/billing/copies.py); the next invoice of all of them has been due since midnight.
While the nodes issue these invoices, each is killed twice (SIGKILL) and started again. At the end:
  - every subscription has exactly one further invoice, and is not due, parked or claimed;
  - the numbers of the series have no gap, and none was given twice;
  - every invoice was announced by exactly one event;
  - `arc billing check` finds nothing: it computes every invoice again, and adds up the ledger.
The rate is that of all renewals, with what the kills have cost, beside plain inserts of invoices by pgbench on the same server with
as many connections as the nodes have renewals at work. Figures are printed; everything is removed.

Exit status: 0 when all of that holds, 1 otherwise.
"""
import argparse
import pathlib
import signal
import sys
import time

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SCRIPTS))

from installation import CONCURRENCY, Installation
from stack import private_folder

NODES, KILLS = 2, 2
# Each takes turns with the others of its tenant.
SUBSCRIPTIONS_OF_TENANT = 4


def report(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--subscriptions", type=int, default=100_000, help="that are due, a multiple of 4 (400 to 1000000, default 100000)")
    parser.add_argument("--insert-seconds", type=int, default=5, help="for pgbench (1 to 60, default 5)")
    parser.add_argument("--seconds", type=int, default=3600, help="when the run is given up (30 to 7200, default 3600)")
    parser.add_argument("--patience", type=int, default=120, help="seconds until a node is ready (10 to 600, default 120)")
    parser.add_argument("--binary", default=".build/debug/arc", help="the program (default .build/debug/arc)")
    options = parser.parse_args()
    for name, low, high in (
            ("subscriptions", 400, 1_000_000), ("insert_seconds", 1, 60), ("seconds", 30, 7200), ("patience", 10, 600)):
        if not low <= getattr(options, name) <= high:
            parser.error(f"--{name.replace('_', '-')} must be {low} to {high}")
    if options.subscriptions % SUBSCRIPTIONS_OF_TENANT:
        parser.error(f"--subscriptions must be a multiple of {SUBSCRIPTIONS_OF_TENANT}")
    binary = pathlib.Path(options.binary).resolve()
    if not binary.exists():
        sys.exit(f"{binary} does not exist; run `make build` first")
    options.binary = str(binary)
    return options


class Killer:
    """Kills one node after the other while the invoices are issued, each at its share of them."""

    def __init__(self, installation, before, count):
        self.installation = installation
        self.before, self.count = before, count
        self.kills, self.shown = 0, 0

    def observe(self, issued):
        done = issued - self.before
        if done * 10 // self.count > self.shown:
            self.shown = done * 10 // self.count
            report(f"  {done} of {self.count} invoices")
        if self.kills < NODES * KILLS and done * (NODES * KILLS + 1) >= self.count * (self.kills + 1):
            node = self.installation.nodes[self.kills % NODES]
            node.kill()
            self.kills += 1
            report(f"  {node.name} was killed after {done} invoices")
            node.start(self.installation.stack.binary)
            node.wait_until_ready(self.installation.patience)


def run(options, folder):
    installation = Installation(options.binary, folder, options.patience)
    try:
        problems = renew(options, installation)
        if problems:
            for node in installation.nodes:
                report(f"the last lines of {node.name}:\n" + "".join(open(node.log.name).readlines()[-10:]))
        return problems
    finally:
        # A second signal must not leave processes behind.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.alarm(0)
        installation.stop()


def renew(options, installation):
    """Returns what is wrong."""
    count = options.subscriptions
    began = time.monotonic()
    installation.start(SUBSCRIPTIONS_OF_TENANT, NODES)
    installation.template.copy(count // SUBSCRIPTIONS_OF_TENANT)
    before = installation.issued()
    report(f"{count} subscriptions of {count // SUBSCRIPTIONS_OF_TENANT} tenants are due, after {time.monotonic() - began:.0f} s")
    installation.start_nodes()
    killer = Killer(installation, before, count)
    installation.wait_for(before + count, options.seconds, killer.observe)
    rate = (count - 1) / installation.seconds_of_renewals(before)
    wait_until_settled(installation, options.patience)
    problems = [] if killer.kills == NODES * KILLS else [f"only {killer.kills} kills: too few subscriptions for this machine"]
    problems += verify(installation, before, count)
    installation.kill_nodes()
    began = time.monotonic()
    findings, summary = installation.stack.check_billing()
    report(f"arc billing check, in {time.monotonic() - began:.0f} s: {summary}")
    problems += findings
    plain = installation.invoice_inserts().per_second(NODES * CONCURRENCY, options.insert_seconds)
    report(f"{rate:,.0f} renewals a second, {60 * rate:,.0f} a minute, with {killer.kills} kills; plain inserts by pgbench: {plain:,.0f} a"
           f" second, so {rate / plain:.2f} renewals for each")
    return problems


DUE = "SELECT count(*) FROM main.subscription_billing WHERE due_at <= now() OR claim IS NOT NULL"


def wait_until_settled(installation, patience):
    """The last invoice was issued a moment before its worker has settled the rest."""
    deadline = time.monotonic() + patience
    while installation.sql(DUE) != [["0"]] and time.monotonic() < deadline:
        time.sleep(0.2)


def verify(installation, before, count):
    """What is wrong, each as a sentence."""
    problems = []

    def expect(what, statement, expected):
        found = int(installation.sql(statement)[0][0])
        if found != expected:
            problems.append(f"{found} {what}, not {expected}")

    expect("new invoices", "SELECT count(*) FROM main.invoice WHERE ordinal = 2 AND number IS NOT NULL", count)
    expect("other new invoices", "SELECT count(*) FROM main.invoice WHERE ordinal IS DISTINCT FROM 1 AND ordinal IS DISTINCT FROM 2", 0)
    expect("subscriptions without exactly two invoices", """
        SELECT count(*) FROM (
            SELECT FROM main.subscription_billing AS billing LEFT JOIN main.invoice ON invoice.subscription_id = billing.id
            WHERE billing.test_clock_id IS NULL GROUP BY billing.id HAVING count(invoice.id) <> 2) AS wrong""", 0)
    expect("subscriptions that are due, claimed or parked", f"{DUE} OR parked_on IS NOT NULL OR issued <> 2 AND test_clock_id IS NULL", 0)
    expect("as the last number", "SELECT max(sequence) FROM main.invoice WHERE series LIKE 'INV%'", before + count)
    expect("different numbers", "SELECT count(DISTINCT sequence) FROM main.invoice WHERE series LIKE 'INV%'", before + count)
    expect("invoices without exactly one event", """
        SELECT count(*) FROM (
            SELECT FROM main.invoice LEFT JOIN main.outbox
                ON outbox.type = 'INVOICE_ISSUED' AND (outbox.data ->> 'invoiceId')::uuid = invoice.id
            WHERE invoice.ordinal = 2 GROUP BY invoice.id HAVING count(outbox.event_id) <> 1) AS wrong""", 0)
    return problems


def main():
    options = arguments()
    with private_folder("arc-renewals-") as folder:
        signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"not done after {options.seconds} s"))
        signal.alarm(options.seconds)
        problems = run(options, folder)
    if problems:
        report(f"FAILED: {len(problems)} problems")
        for problem in problems[:40]:
            report(f"  {problem}")
        sys.exit(1)
    report(f"exactly {options.subscriptions} invoices: none is missing or doubled, and no number is left out")


if __name__ == "__main__":
    main()
