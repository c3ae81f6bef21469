#!/usr/bin/env python3
"""`make failover-test`: kills and cuts off database servers under load, and proves that no acknowledged write is lost or doubled.

Three database servers with Patroni, three machines with etcd, HAProxy and PgBouncer run with the files of deploy/ha, each server in
a network namespace. The services of arc write to them in three ways: through HAProxy, with all servers in DB_HOST, and through
PgBouncer. Meanwhile PostgreSQL of the primary is killed (server), all processes of the primary's machine are (machine), its network is
cut (network), it loses the other servers but not its clients (partition), the synchronous standby is cut off (standby), the
leader of etcd is killed (etcd), and the primary is moved on purpose (switchover); each time it comes back as a replica. Two clients write without a pause, others take tenants through their lives; what has no answer
is repeated under its Idempotency-Key. Figures are printed: how long no write was answered.

Exit status: 0 when all holds, 1 when something does not, 77 when this machine cannot run it (root, namespaces, patroni, etcd …).
"""
import argparse
import json
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import time
import urllib.parse

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(SCRIPTS), str(SCRIPTS / "chaos")]

import checks
import machines
from arc import Arc, WAYS
from cluster import PROGRAMS, Cluster, Etcd, Pooler, Proxy
from load import Client, Load, Tenant
from mail import MailServer
from stack import new_tenant
from writers import writers

UNAVAILABLE = 77
# Seconds until a server that comes back is a replica again; a busy machine needs minutes for that.
REPAIR = 420
FAULTS = ("server", "machine", "network", "partition", "standby", "etcd", "switchover")
# What is done to the database servers in each way of connecting.
PLAN = {
    "haproxy": ("server", "machine", "network", "standby", "etcd", "switchover"), "hosts": ("server", "network", "partition"),
    "pgbouncer": ("server", "network")}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--way", action="append", choices=WAYS, help="connect in this way only; may be repeated")
    parser.add_argument("--fault", action="append", choices=FAULTS, help="let only this happen; may be repeated")
    parser.add_argument("--tenants", type=int, default=20, help="lives of tenants at least (1 to 10000, default 20)")
    parser.add_argument("--workers", type=int, default=2, help="clients of tenants at once (1 to 64, default 2)")
    parser.add_argument("--server-limit", type=float, default=5, help="seconds without writes when PostgreSQL dies (default 5)")
    parser.add_argument("--machine-limit", type=float, default=25, help="the same when a machine is lost (default 25)")
    parser.add_argument("--seconds", type=int, default=1200, help="longest time of everything (60 to 7200, default 1200)")
    parser.add_argument("--keep", action="store_true", help="keep logs also after a success")
    parser.add_argument("--binary", default=".build/debug/arc", help="the program (default .build/debug/arc)")
    options = parser.parse_args()
    for name, low, high in (("tenants", 1, 10_000), ("workers", 1, 64), ("seconds", 60, 7200)):
        if not low <= getattr(options, name) <= high:
            parser.error(f"--{name} must be {low} to {high}")
    options.binary = str(pathlib.Path(options.binary).resolve())
    options.limits = {
        "server": options.server_limit, "machine": options.machine_limit, "network": options.machine_limit,
        "partition": options.machine_limit,
        # A standby that does not answer is given up after wal_sender_timeout, and replaced at the next look of Patroni.
        "standby": 15, "etcd": options.server_limit, "switchover": options.server_limit}
    return options


def report(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def wait_for(what, condition, seconds=120):
    """Returns what the condition gives, once it gives something."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {seconds} s")
        time.sleep(0.1)


class Logs:
    """A file for each program."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def __call__(self, name):
        return open(self.folder / f"{name}.log", "ab")


class Stalls:
    """How long this process has waited for the CPU: figures of a busy machine say little about failover."""

    def __init__(self):
        # Since `forget`, in seconds.
        self.worst = 0.0
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while True:
            began = time.monotonic()
            time.sleep(0.05)
            self.worst = max(self.worst, time.monotonic() - began - 0.05)

    def forget(self):
        self.worst = 0.0


class Test:
    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.logs = Logs(folder / "logs")
        self.problems = []
        # The longest time without a write, for each way and fault.
        self.gaps = []
        self.stalls = Stalls()

    def run(self):
        options = self.options
        begun = time.monotonic()
        machines.prepare_network()
        data = machines.memory(self.folder / "data", 6 << 30)
        self.etcd = Etcd(data, self.logs)
        self.cluster = Cluster(data, self.etcd, self.logs)
        Proxy(self.cluster, self.logs)
        wait_for("a primary with two replicas", self.cluster.is_whole, REPAIR)
        report(f"three servers, one of them a synchronous standby, after {time.monotonic() - begun:.0f} s")
        mail_server = MailServer()
        self.arc = Arc(options.binary, self.folder, self.cluster, self.logs)
        self.arc.send_mails(mail_server.port)
        self.arc.start_redis()
        self.arc.make_databases()
        Pooler(self.folder, self.arc.stored_passwords(), self.logs)
        ways = options.way or list(WAYS)
        self.arc.start(ways[0])
        report(f"databases migrated and services ready after {time.monotonic() - begun:.0f} s")
        token = self.arc.token()
        load = self.lives(mail_server, token)
        tenant = self.create(token)
        load.tenants.append(tenant)
        self.writers = writers(self.arc, token, tenant.id)
        load.start(options.workers, options.tenants)
        for way in ways:
            if way != ways[0]:
                # The clients go on, and wait for the services.
                self.arc.stop()
                self.arc.start(way)
            for fault in options.fault or PLAN[way]:
                self.suffer(way, fault)
            if way == "pgbouncer":
                self.check_pooler(load)
        self.arc.check_that_it_runs()
        load.wait(300)
        for writer in self.writers:
            writer.stop()
        load.stop()
        self.verify(load)

    def lives(self, mail_server, token):
        query = urllib.parse.quote('{"where":{"tier":"STANDARD"},"limit":1}')
        plan = Client(self.arc, lambda: time.monotonic() + 60).call("subscription", "GET", f"/plans?filter={query}", token)[0]["id"]
        return Load(self.arc, mail_server.mailbox, token, plan, 180)

    def create(self, token):
        """A tenant, whose contacts are written."""
        body = new_tenant("Listed")
        tenant = Tenant(body["key"])
        tenant.id = Client(self.arc, lambda: time.monotonic() + 60).call(
            "tenant-management", "POST", "/tenants", token, body, key=tenant.key)["id"]
        return tenant

    # --- Faults ---

    def suffer(self, way, fault):
        """Lets one thing happen, waits until writes are answered again, and repairs it."""
        wait_for("a whole cluster", self.cluster.is_whole, REPAIR)
        self.wait_for_writes(time.monotonic())
        primary = wait_for("a primary", lambda: self.cluster.role("primary"))
        began = time.monotonic()
        self.stalls.forget()
        heal = getattr(self, f"lose_{fault}")(primary)
        self.wait_until_over(fault, primary)
        self.wait_for_writes(time.monotonic())
        ended = time.monotonic()
        gap = max(writer.longest_gap(began - 1, ended) for writer in self.writers)
        self.gaps.append((way, fault, gap))
        limit = self.options.limits[fault]
        text = f"{way}, {fault}: {gap:.1f} s without writes"
        if gap > limit:
            self.problems.append(f"{text}, more than {limit:g} (this process waited up to {self.stalls.worst:.1f} s for the CPU)")
        heal()
        wait_for(f"{text}; the cluster is whole again", self.cluster.is_whole, REPAIR)
        report(f"{text} (at most {limit:g}); whole again {time.monotonic() - ended:.0f} s after its repair began")

    def wait_for_writes(self, since):
        """Until every writer has had several answers after this moment."""
        for writer in self.writers:
            wait_for(
                f"writes of {writer.service}",
                lambda: writer.problem or sum(moment > since for moment in list(writer.acknowledged.values())[-20:]) >= 5, REPAIR)

    def wait_until_over(self, fault, primary):
        if fault in ("server", "machine", "network", "partition", "switchover"):
            wait_for("another primary", lambda: self.cluster.role("primary") not in (None, primary), 180)
        elif fault == "standby":
            # Until the other replica is the synchronous one.
            wait_for("another synchronous standby", lambda: self.cluster.role("sync") not in (None, self.standby_was), 180)
        else:
            wait_for("another member leads etcd", self.etcd.leader, 60)
            # As long as a lease of Patroni: whoever would lose it has lost it.
            time.sleep(20)

    def lose_server(self, primary):
        self.cluster.kill_server(primary)
        return lambda: None

    def lose_machine(self, primary):
        self.cluster.machines[primary].kill_all()
        return lambda: self.cluster.start(primary)

    def lose_network(self, primary):
        self.cluster.machines[primary].cut_off()
        return self.cluster.machines[primary].connect

    def lose_partition(self, primary):
        machine = self.cluster.machines[primary]
        others = [other for other in self.cluster.machines + self.etcd.machines if other is not machine]
        machine.leave(others)
        return lambda: machine.rejoin(others)

    def lose_standby(self, primary):
        self.standby_was = wait_for("a synchronous standby", lambda: self.cluster.role("sync"))
        self.cluster.machines[self.standby_was].cut_off()
        return self.cluster.machines[self.standby_was].connect

    def lose_etcd(self, primary):
        number = wait_for("a leader of etcd", self.etcd.leader)
        self.etcd.machines[number].kill_all()
        return lambda: self.etcd.start(number)

    def lose_switchover(self, primary):
        self.cluster.switch_over(primary)
        return lambda: None

    # --- The end ---

    def check_pooler(self, load):
        """That the services really went through PgBouncer, and events did not wait for the poll interval."""
        done = load.done
        wait_for("lives of tenants through PgBouncer", lambda: load.done >= done + 4, REPAIR)

        def listening():
            # Through a pooler the connection would soon be used for something else.
            rows = self.arc.sql(
                "postgres", "SELECT DISTINCT datname FROM pg_stat_activity WHERE query ILIKE 'listen%'"
                " AND state_change < now() - interval '5 seconds'")
            return {row[0] for row in rows} >= {"message_bus_db", "subscription_db", "tenant_mgmt_db"}

        wait_for("connections that listen past PgBouncer", listening)
        report(f"through PgBouncer: {load.done - done} lives of tenants, and LISTEN past it in each database with events")

    def verify(self, load):
        still = checks.settle(self.arc, 180, report)
        self.problems += still + checks.verify(self.arc, load)
        for writer in self.writers:
            self.problems += writer.problems()
        total = sum(len(writer.acknowledged) for writer in self.writers)
        if not self.problems:
            report(f"{total} acknowledged writes and {len(load.tenants)} tenants: none lost, none twice")


def inside(folder, options):
    """The test itself, in its namespaces. Returns the exit status."""
    threading.excepthook = lambda info: report(f"a client failed: {info.exc_type.__name__}: {info.exc_value}")
    test = Test(folder, options)
    try:
        test.run()
    except SystemExit as end:
        test.problems.append(str(end))
    for problem in test.problems[:40]:
        report(f"  {problem}")
    (folder / "figures.json").write_text(json.dumps(test.gaps))
    return 1 if test.problems else 0


def main():
    options = arguments()
    if machines.INSIDE in os.environ:
        machines.become_child_of_init()
        sys.exit(inside(pathlib.Path(os.environ[machines.INSIDE]), options))
    if not pathlib.Path(options.binary).exists():
        sys.exit(f"{options.binary} does not exist; run `make build` first")
    try:
        machines.require(PROGRAMS, "scripts/install-dependencies.sh --ha")
    except machines.Unavailable as reason:
        print(f"failover-test: {reason}", file=sys.stderr)
        sys.exit(UNAVAILABLE)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="arc-failover-"))
    folder.chmod(0o755)
    report(f"logs in {folder}")
    status = 1
    began = time.monotonic()
    try:
        status = machines.separate([os.path.abspath(__file__), *sys.argv[1:]], folder, options.seconds)
        if status is None:
            report(f"FAILED: not finished after {options.seconds} s")
            status = 1
    finally:
        if status == 0 and not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
        elif status != 0:
            report(f"FAILED; logs stay in {folder}")
    if status == 0:
        report(f"failover loses nothing and doubles nothing ({time.monotonic() - began:.0f} s)")
    sys.exit(status)


if __name__ == "__main__":
    main()
