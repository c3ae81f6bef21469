#!/usr/bin/env python3
"""Kills processes at random under load and checks that nothing is lost, doubled, stuck or stale afterwards.

The stack is `arc up` with a private home: three services, PostgreSQL and Redis. Clients create and rename tenants and
take leads all the way to a paid subscription, repeating what had no answer under the same Idempotency-Key.
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
    parser.add_argument("--seconds", type=int, default=60, help="how long to kill (5 to 3600, default 60)")
    parser.add_argument("--settle", type=int, default=120, help="how long unfinished work may take afterwards (default 120)")
    parser.add_argument("--workers", type=int, default=8, help="clients at once (1 to 64, default 8)")
    parser.add_argument("--seed", type=int, default=None, help="repeat the kills of an earlier run")
    parser.add_argument("--target", action="append", choices=sorted(set(TARGETS)), help="kill only this; may be repeated")
    parser.add_argument("--binary", default=".build/debug/arc", help="the program (default .build/debug/arc)")
    options = parser.parse_args()
    if not 5 <= options.seconds <= 3600 or not 1 <= options.workers <= 64 or not 1 <= options.settle <= 3600:
        parser.error("--seconds must be 5 to 3600, --workers 1 to 64, --settle 1 to 3600")
    return options


def killing(stack, seconds, targets, choice):
    """Kills one process every 0.5 to 3 s. Returns how often each was killed."""
    kills = dict.fromkeys(sorted(set(targets)), 0)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(choice.uniform(0.5, 3.0))
        target = choice.choice(targets)
        pid = stack.processes().get(target)
        if isinstance(pid, list):
            pid = choice.choice(pid) if pid else None
        if pid is not None and kill(pid):
            kills[target] += 1
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
    stack = Stack(str(binary), folder / "home", mail_server.port)
    report(f"seed {seed}; logs and data in {folder}")
    problems = ["the run was interrupted"]
    try:
        stack.start()
        token = stack.token()
        query = urllib.parse.quote('{"where":{"tier":"STANDARD"},"limit":1}')
        deadline = time.monotonic() + 30
        plan = Client(stack, lambda: deadline).call("subscription", "GET", f"/plans?filter={query}", token)[0]["id"]
        load = Load(stack, mail_server.mailbox, token, plan, options.settle)
        load.start(options.workers)
        kills = killing(stack, options.seconds, options.target or TARGETS, random.Random(seed))
        report("killed " + ", ".join(f"{name} {count} times" for name, count in kills.items()))
        stack.wait_until_ready(options.settle)
        load.stop()
        report(f"{len(load.tenants)} tenants acknowledged, {len(load.customers)} of them by subscription")
        still = checks.settle(stack, options.settle, report)
        problems = still + checks.verify(stack, load, mail_server.mailbox)
        copies = checks.mails(load, mail_server.mailbox, report)
        # What was being sent when its sender was killed may arrive again; outages of PostgreSQL are no reason.
        allowed = kills.get("tenant-management", 0) * 16
        if copies > allowed:
            problems.append(f"{copies} mails arrived again, more than the kills explain")
        if not load.tenants:
            problems.append("no tenant was acknowledged: nothing was tested")
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
