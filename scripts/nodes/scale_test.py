#!/usr/bin/env python3
"""Two nodes of each service behind nginx with the configuration of deploy/nginx, replaced under load without one failed request.

The nodes run on loopback, as two machines with a node of each service, on the PostgreSQL and Redis of one `arc up` with a private home.
Clients with TLS read and write all the time and check every response. Meanwhile:
  1. one machine after the other is restarted (SIGTERM, as every deployment tool does it);
  2. the schema is changed as a later release could (expand), one machine after the other is replaced, and the schema loses what
     nobody uses any more (contract). The statements are those of next_release, which must pass scripts/lint_migrations.py. With --former,
     the first machines run the program of a former release on its schema, and `arc migrate up` of this one is what changes it;
  3. all nodes of a machine are killed: now nobody can know what became of requests without an Idempotency-Key, so clients send only
     reads and changes with a key.
At the end, everything that was acknowledged must be there once, and every tenant must be ACTIVE. Figures are printed; everything is
removed.

Exit status: 0 when no request has failed, 1 otherwise, 77 when nginx is missing.
"""
import argparse
import json
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import time

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SCRIPTS))
sys.path.insert(0, str(SCRIPTS / "nodes"))

import balancer as nginx
import lint_migrations
from machines import Machine
from stack import SERVICES, Stack, private_folder
from traffic import Client, Traffic

UNAVAILABLE = 77
NEXT_RELEASE = SCRIPTS / "nodes/next_release"
DATABASES = {"tenant-management": "tenant_mgmt_db", "subscription": "subscription_db"}
# nginx leaves a node alone for 3 seconds after it could not be reached (fail_timeout in deploy/nginx/site).
PAUSE = 4.0


def report(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=8, help="clients at once (1 to 64, default 8)")
    parser.add_argument("--pause", type=float, default=0.1, help="seconds between the rounds of a client (0 to 60, default 0.1)")
    parser.add_argument("--seconds", type=int, default=290, help="when the run is given up (60 to 3600, default 290)")
    parser.add_argument("--patience", type=int, default=60, help="seconds for each step (10 to 600, default 60)")
    parser.add_argument("--former", help="the program of a former release, to upgrade from")
    parser.add_argument("--configuration", action="store_true", help="only check deploy/nginx with nginx -t")
    parser.add_argument("--binary", default=".build/debug/arc", help="the program (default .build/debug/arc)")
    options = parser.parse_args()
    for name, low, high in (("workers", 1, 64), ("pause", 0, 60), ("seconds", 60, 3600), ("patience", 10, 600)):
        if not low <= getattr(options, name) <= high:
            parser.error(f"--{name} must be {low} to {high}")
    options.binary = str(pathlib.Path(options.binary).resolve())
    options.former = str(pathlib.Path(options.former).resolve()) if options.former else None
    return options


def check_keys():
    """The list of operations that read no Idempotency-Key, in deploy/nginx/arc/http.conf, against the documents of the services."""
    text = (nginx.SHIPPED / "arc/http.conf").read_text()
    rules = [(re.compile(pattern), value == "1") for pattern, value in re.findall(r'"~(\^POST [^"]+)"\s+([01]);', text)]
    for service in SERVICES:
        document = json.loads((SCRIPTS.parent / f"docs/openapi/{service}.json").read_text())
        for path, operations in document["paths"].items():
            if "post" not in operations:
                continue
            reads = any("dempotency" in json.dumps(parameter) for parameter in operations["post"].get("parameters", []))
            request = f"POST {re.sub('{[^}]+}', 'x', path)}"
            repeats = next((value for pattern, value in rules if pattern.search(request)), False)
            # Previews change nothing.
            if repeats and not reads and not path.endswith("preview"):
                sys.exit(f"deploy/nginx/arc/http.conf repeats {request} with an Idempotency-Key, which the service does not read:"
                         " add it to the list there")


def raw(balancer, source, request):
    """Sends bytes as they are on a new connection of an address."""
    connection = Client(balancer, nginx.NAMES, "", source).connections["tenant-management"]
    connection.connect()
    connection.sock.sendall(request)
    return connection.sock


def check_balancer(balancer, machines, token):
    """What does not need a load."""
    name = nginx.NAMES["tenant-management"]
    result = subprocess.run(
        ["curl", "-sS", "--http2", "--cacert", balancer.certificate, "--resolve", f"{name}:{balancer.port}:127.0.0.1",
         "-o", "/dev/null", "-w", "%{http_version} %{response_code}", f"https://{name}:{balancer.port}/ping"],
        capture_output=True, text=True, timeout=60)
    if result.stdout != "2 200":
        sys.exit(f"HTTP/2 does not work: {result.stdout} {result.stderr}")
    client = Client(balancer, nginx.NAMES, token, "127.0.9.7")
    context = ssl.create_default_context(cafile=balancer.certificate)
    try:
        with context.wrap_socket(
                socket.create_connection(("127.0.0.1", balancer.port), 30), server_hostname="elsewhere.test"):
            sys.exit("a connection for an unknown name is accepted")
    except ssl.SSLError:
        pass

    connection = client.connections["tenant-management"]
    made = set()
    for given in ({}, {"X-Request-Id": "not a harmless one"}):
        connection.request("GET", "/ping", headers=given)
        response = connection.getresponse()
        response.read()
        made.add(response.headers["X-Request-Id"])
    if len(made) != 2 or any(len(each) != 32 for each in made):
        sys.exit(f"no new request ids were made: {made}")

    # Whoever says to be somebody else is not believed.
    client.call("tenant-management", "GET", "/ping", headers={"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9"})
    logs = "".join(pathlib.Path(node.log.name).read_text() for machine in machines for node in machine.nodes)
    if "127.0.9.7" not in logs or "203.0.113.9" in logs:
        sys.exit("the services do not see the address of the client that nginx sees")

    status, headers, content = client.call("tenant-management", "POST", "/tenants", {"name": "x" * (1 << 20)})
    if status != 413 or content["error"]["name"] != "PayloadTooLargeError" or not headers["Content-Type"].startswith("application/json"):
        sys.exit(f"a body of more than 1 MiB got {status}: {content}")
    # Requests that do not end, of one address.
    began = [raw(balancer, "127.0.9.9", f"POST /tenants HTTP/1.1\r\nHost: {name}\r\nContent-Length: 9\r\n\r\n".encode())
             for _ in range(nginx.CONNECTIONS + 1)]
    answers = [b""] * len(began)
    deadline = time.monotonic() + 60
    while not any(answers) and time.monotonic() < deadline:
        for number, each in enumerate(began):
            each.settimeout(0.01)
            try:
                answers[number] = each.recv(4096)
            except (TimeoutError, ssl.SSLError):
                pass
    if not any(b" 429 " in answer and b"TooManyRequestsError" in answer and b"Retry-After" in answer for answer in answers):
        sys.exit(f"an address with {len(began)} requests at once was not limited")
    for each in began:
        each.close()
    report("nginx: TLS, HTTP/2, request ids, addresses of clients, unknown names, limits of bodies and connections are as they must be")


def apply(stack, service, part):
    """A migration of the next release, as `arc migrate` would carry it out."""
    for file in sorted((NEXT_RELEASE / service).glob(f"{part}*.sql")):
        text = file.read_text()
        single = [] if text.startswith("-- Without a transaction") else ["--single-transaction"]
        statements = []
        for statement, _ in lint_migrations.statements(text):
            statements += ["-c", statement]
        result = subprocess.run(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *single, *statements], env=stack.superuser(DATABASES[service]),
            capture_output=True, text=True, timeout=120)
        if result.returncode != 0:
            sys.exit(f"{file.name} of {service}: {result.stderr}")


def check_next_release():
    """A release that keeps the rules: the expanding part passes the lint."""
    for file in sorted(NEXT_RELEASE.glob("*/*.sql")):
        problems = lint_migrations.problems_of(file.read_text())
        if problems:
            sys.exit(f"{file}: " + "; ".join(problems))


class Rehearsal:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.first = options.former or options.binary
        self.stack = Stack(self.first, folder / "home")
        self.machines, self.balancer, self.traffic = [], nginx.Balancer(folder), None

    def start(self):
        began = time.monotonic()
        self.stack.environment["TENANT_MANAGEMENT_URL"] = f"http://127.0.0.1:{self.balancer.internal['tenant-management']}"
        self.stack.start(self.options.patience * 3)
        environments = {service: self.stack.service_environment(service) for service in SERVICES}
        token = self.stack.token()
        self.stack.stop()
        self.stack.start_servers(self.options.binary, self.options.patience)
        self.machines = [
            Machine(number, environments, self.folder, self.options.patience) for number in (1, 2)]
        for machine in self.machines:
            machine.start(self.first)
        self.balancer.configure(self.machines)
        self.balancer.start()
        report(f"two nodes of each service are ready behind nginx after {time.monotonic() - began:.0f} s")
        check_balancer(self.balancer, self.machines, token)
        self.traffic = Traffic(self.balancer, nginx.NAMES, token, self.options.workers, self.options.pause)
        self.traffic.start()

    def during(self, phase, body):
        """Runs a phase and reports what clients saw meanwhile."""
        began = time.monotonic()
        moved, failed = sum(self.balancer.moved().values()), len(self.traffic.failures)
        self.traffic.phase = phase
        body()
        seconds = time.monotonic() - began
        times = sorted(self.traffic.times[phase])
        if not times:
            sys.exit(f"{phase}: no request was answered in {seconds:.0f} s")
        report(f"{phase}: {seconds:.0f} s, {len(times)} requests, {len(self.traffic.failures) - failed} failed, "
               f"{sum(self.balancer.moved().values()) - moved} moved to the other node; "
               f"p50 {times[len(times) // 2] * 1000:.0f} ms, p99 {times[len(times) * 99 // 100] * 1000:.0f} ms, "
               f"longest {times[-1] * 1000:.0f} ms")

    def replace(self):
        for machine in self.machines:
            seconds = machine.replace(self.options.binary, PAUSE)
            report(f"  machine {machine.number} was replaced within {seconds:.1f} s")

    def upgrade(self):
        if self.options.former:
            result = subprocess.run(
                [self.options.binary, "migrate", "up"], env=self.stack.environment, capture_output=True, text=True,
                timeout=self.options.patience * 3)
            if result.returncode != 0:
                sys.exit(f"arc migrate up: {result.stdout}{result.stderr}")
            for line in result.stdout.strip().splitlines():
                report(f"  {line}")
        else:
            for part in "123":
                for service in DATABASES:
                    apply(self.stack, service, part)
            report("  the databases have the schema of the next release (columns, rules, a table, indexes)")
        self.replace()
        if not self.options.former:
            for service in DATABASES:
                apply(self.stack, service, "4")
            report("  what nobody uses any more was removed from the schema")

    def crash(self):
        for machine in self.machines:
            machine.kill()
            time.sleep(PAUSE)
            machine.start(self.options.binary)
            time.sleep(PAUSE)

    def run(self):
        self.start()
        # An old release answers until it is gone, and no longer: without draining, requests that nobody can repeat may be lost.
        if self.options.former:
            self.traffic.be_careful(True)
        self.during("nothing happens", lambda: time.sleep(PAUSE))
        if not self.options.former:
            self.during("rolling restart", self.replace)
        self.during("rolling upgrade", self.upgrade)
        self.traffic.be_careful(True)
        self.during("all nodes of a machine are killed", self.crash)
        self.traffic.stop()
        return self.verify()

    def verify(self):
        traffic = self.traffic
        problems = list(traffic.failures)
        stored = dict(self.stack.sql("tenant_mgmt_db", "SELECT id, name FROM main.tenants WHERE name LIKE 'Scale %' AND NOT deleted"))
        wrong = [key for key, name in traffic.tenants.items() if stored.get(key) != name]
        if wrong:
            problems.append(f"{len(wrong)} tenants are lost or have a former name, for example {wrong[0]}: {stored.get(wrong[0])!r}")
        if len(stored) != len(traffic.tenants) and not traffic.failures:
            problems.append(f"{len(traffic.tenants)} tenants were acknowledged, {len(stored)} are stored")
        features = dict(self.stack.sql("subscription_db", "SELECT key, name FROM main.features WHERE name LIKE 'Feature f%' AND NOT deleted"))
        wrong = [key for key, name in traffic.features.items() if features.get(key) != name]
        if wrong:
            problems.append(f"{len(wrong)} features are lost or have a former name, for example {wrong[0]}: {features.get(wrong[0])!r}")
        if len(features) != len(traffic.features) and not traffic.failures:
            problems.append(f"{len(traffic.features)} features were acknowledged, {len(features)} are stored")
        deadline = time.monotonic() + self.options.patience
        while True:
            waiting = int(self.stack.sql(
                "tenant_mgmt_db", "SELECT count(*) FROM main.tenants WHERE name LIKE 'Scale %' AND status <> 0")[0][0])
            if waiting == 0 or time.monotonic() > deadline:
                break
            time.sleep(0.5)
        if waiting:
            problems.append(f"{waiting} tenants are not ACTIVE")
        for database in DATABASES.values():
            dead = int(self.stack.sql(database, "SELECT count(*) FROM main.outbox WHERE state = 2")[0][0])
            if dead:
                problems.append(f"{dead} events of {database} were given up")
        moved = self.balancer.moved()
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(traffic.kinds.items()))
        report(f"{sum(traffic.kinds.values())} requests ({kinds}), {len(traffic.failures)} failed; the other node got "
               + (", ".join(f"{count} {method}" for method, count in sorted(moved.items())) or "none")
               + f"; {traffic.repeated} repeated by clients while a killed node held the key")
        report(f"{len(traffic.tenants)} tenants and {len(traffic.features)} features were acknowledged; all are stored once, and"
               f" all tenants are ACTIVE" if not problems else f"{len(problems)} problems")
        return problems

    def end(self):
        # A second signal must not leave processes behind.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if self.traffic is not None:
            self.traffic.ends.set()
        self.balancer.stop()
        for machine in self.machines:
            machine.stop()
        self.stack.stop()


def main():
    options = arguments()
    if nginx.PROGRAM is None:
        print("nginx is missing: install Debian's package nginx (make scale-test does it as root)", file=sys.stderr)
        sys.exit(UNAVAILABLE)
    with private_folder("arc-scale-test-") as folder:
        check_keys()
        check_next_release()
        nginx.check_shipped(folder)
        report("deploy/nginx passes nginx -t, and repeats only what has an Idempotency-Key that its service reads")
        if options.configuration:
            return
        signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"not done after {options.seconds} s"))
        signal.alarm(options.seconds)
        rehearsal = Rehearsal(options, folder)
        try:
            problems = rehearsal.run()
        finally:
            signal.alarm(0)
            rehearsal.end()
        if problems:
            for problem in problems[:40]:
                report(f"  {problem}")
            report("the last lines of nginx:\n" + "\n".join(rehearsal.balancer.errors()[-20:]))
            sys.exit(1)
    report("no request has failed")


if __name__ == "__main__":
    main()
