#!/usr/bin/env python3
"""Kills processes at random while tenants come and go, then checks that nothing is lost, doubled, stuck or stale.

The stack is `arc up` with a private home: three services, PostgreSQL and Redis. Clients take tenants from the first mail
through sign-up, verification and subscription to ACTIVE; half of the subscriptions are billed by the billing engine. A third of the
tenants is moved to a separate database or renamed, and half is off-boarded. Clients repeat what had no answer under the same
Idempotency-Key. At the end, `arc billing check` finds nothing.
"""
import argparse
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import checks
from load import Client, Load
from mail import MailServer
from stack import Stack, kill

TARGETS = ("tenant-management", "subscription", "orchestrator", "redis", "postgresql", "backends", "backends")


def report(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tenants", type=int, default=1000, help="how many are created at least (1 to 100000, default 1000)")
    parser.add_argument("--kills", type=int, default=50, help="processes killed meanwhile (0 to 10000, default 50)")
    parser.add_argument(
        "--connector", choices=("postgres", "bullmq"), default="postgres", help="the message bus (default postgres)")
    parser.add_argument(
        "--seconds", type=int, default=1800, help="how long all lives may take (5 to 7200, default 1800)")
    parser.add_argument("--settle", type=int, default=120, help="how long unfinished work may take afterwards (default 120)")
    parser.add_argument("--workers", type=int, default=16, help="clients at once (1 to 64, default 16)")
    parser.add_argument("--seed", type=int, default=None, help="repeat the kills of an earlier run")
    parser.add_argument("--target", action="append", choices=sorted(set(TARGETS)), help="kill only this; may be repeated")
    parser.add_argument("--binary", default=".build/debug/arc", help="the program (default .build/debug/arc)")
    options = parser.parse_args()
    for name, low, high in (
            ("tenants", 1, 100_000), ("kills", 0, 10_000), ("seconds", 5, 7200), ("settle", 1, 3600), ("workers", 1, 64)):
        if not low <= getattr(options, name) <= high:
            parser.error(f"--{name} must be {low} to {high}")
    return options


def kill_one(stack, target, choice, kills):
    """Kills a process and counts it. False if there was none for 30 s, as on a busy machine that starts it again."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        pid = stack.processes().get(target)
        if isinstance(pid, list):
            pid = choice.choice(pid) if pid else None
        if pid is not None and kill(pid):
            kills[target] += 1
            return True
        time.sleep(0.1)
    return False


def killing(stack, load, count, targets, choice):
    """Kills processes one after the other, spread over the lives of the tenants. Returns how often each was killed."""
    kills = dict.fromkeys(sorted(set(targets)), 0)
    for number in range(count):
        # Not all at the start: the next kill waits for its share of the lives, but never for long.
        latest = time.monotonic() + 10
        while load.done < load.wanted * number / (count + 1) and time.monotonic() < latest:
            time.sleep(0.05)
        time.sleep(choice.uniform(0.2, 2.0))
        # A process that does not come back within half a minute is left alone for now; it may be waiting for another one.
        if not any(kill_one(stack, choice.choice(targets), choice, kills) for _ in range(10)):
            break
    return kills


def main():
    options = arguments()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    binary = pathlib.Path(options.binary).resolve()
    if not binary.exists():
        sys.exit(f"{binary} does not exist; run `make build` first")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="arc-chaos-"))
    folder.chmod(0o755)
    mail_server = MailServer()
    stack = Stack(
        str(binary), folder / "home", mail_server.port, {"EVENT_CONNECTOR": options.connector})
    report(f"seed {seed}, bus {options.connector}; logs and data in {folder}")
    problems = ["the run was interrupted"]
    begun = time.monotonic()
    try:
        stack.start()
        token = stack.token()
        query = urllib.parse.quote('{"where":{"tier":"STANDARD"},"limit":1}')
        deadline = time.monotonic() + 30
        plan = Client(stack, lambda: deadline).call("subscription", "GET", f"/plans?filter={query}", token)[0]["id"]
        load = Load(stack, mail_server.mailbox, token, plan, options.settle)
        load.start(options.workers, options.tenants)
        kills = killing(stack, load, options.kills, options.target or TARGETS, random.Random(seed))
        report("killed " + ", ".join(f"{name} {count} times" for name, count in kills.items()))
        stack.wait_until_ready(options.settle)
        load.wait(max(1.0, options.seconds - (time.monotonic() - begun)))
        load.stop()
        moved = sum(tenant.is_moved for tenant in load.tenants)
        renamed = sum(tenant.name is not None for tenant in load.tenants)
        ended = sum(tenant.wants == "OFFBOARDED" for tenant in load.tenants)
        report(f"{len(load.tenants)} tenants in {time.monotonic() - begun:.0f} s: {moved} moved, {renamed} renamed, {ended} off-boarded")
        still = checks.settle(stack, options.settle, report)
        problems = still + checks.verify(stack, load) + checks.money(stack, report)
        copies = checks.mails(load, mail_server.mailbox, report)
        # What was being sent when its sender was killed may arrive again; outages of PostgreSQL are no reason.
        allowed = kills.get("tenant-management", 0) * 16
        if copies > allowed:
            problems.append(f"{copies} mails arrived again, more than the kills explain")
        if sum(kills.values()) < options.kills:
            problems.append(f"only {sum(kills.values())} of {options.kills} kills found a process")
        if len(load.tenants) < options.tenants:
            problems.append(f"only {len(load.tenants)} of {options.tenants} tenants were acknowledged")
    finally:
        stack.stop()
        if problems:
            report(f"FAILED, seed {seed}; logs and data stay in {folder}")
            for problem in problems[:40]:
                report(f"  {problem}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    if problems:
        sys.exit(1)
    report("nothing lost, doubled, stuck or stale")


if __name__ == "__main__":
    threading.excepthook = lambda info: report(f"a client failed: {info.exc_type.__name__}: {info.exc_value}")
    main()
