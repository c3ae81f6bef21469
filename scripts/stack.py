"""The stack under test: `arc up` with a private home, its processes, and SQL against its databases."""
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid

PSQL = ("psql", "-X", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1")
SERVICES = ("tenant-management", "subscription", "orchestrator")


# Below the ports that the system gives to outgoing connections, one of which could have the port of a server that was killed, and
# below those that tests (from 10000) and `arc up` (from 15000) choose.
PORTS = range(7_000, 10_000)
GIVEN_PORTS = set()


def free_port():
    """A port on which nobody listens, given to nobody else of this process."""
    for _ in range(200):
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as probe:
            # As servers do: connections in TIME_WAIT do not hold a port, a listener does.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in GIVEN_PORTS:
            GIVEN_PORTS.add(port)
            return port
    sys.exit(f"no port from {PORTS.start} to {PORTS.stop - 1} is free")


@contextlib.contextmanager
def private_folder(prefix):
    """A folder for a run. It is removed at the end, also when the run is ended by a signal."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
    # PostgreSQL runs as another user if we are root.
    os.chmod(folder, 0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_tenant(name):
    """The body of a request that creates a tenant with a unique key."""
    key = name[0].lower() + uuid.uuid4().hex[:9]
    return {
        "name": f"{name} {key}", "key": key, "domains": [f"{key}.example.com"],
        "contact": {"firstName": "Bo", "lastName": "Ek", "email": f"bo@{key}.example.com", "isPrimary": True},
    }


class Services:
    """The three services at ports of this machine, and SQL against their databases. What starts them is a subclass."""

    def __init__(self, binary, folder):
        self.binary = binary
        self.services = SERVICES
        self.ports = {name: free_port() for name in SERVICES}
        self.log = open(pathlib.Path(folder) / "arc-up.log", "ab")
        # Of every command: all load comes from one address, and the limits are not under test here.
        self.environment = dict(os.environ, PUBLIC_API_MAX_ATTEMPTS="1000000", WEBHOOK_API_MAX_ATTEMPTS="1000000")

    def url(self, service):
        return f"http://127.0.0.1:{self.ports[service]}"

    def send_mails(self, smtp_port):
        """To a server on this machine; without a port, mails are only logged."""
        self.environment.update(
            NOTIFICATION_TRANSPORT="log" if smtp_port is None else "smtp", SMTP_HOST="127.0.0.1",
            SMTP_PORT=str(smtp_port or 25), SMTP_TLS="none", SMTP_FROM="arc@example.com")

    def wait_until_ready(self, timeout):
        deadline = time.monotonic() + timeout
        waiting = list(self.services)
        while waiting:
            self.check_that_it_runs()
            if time.monotonic() > deadline:
                raise SystemExit(f"not ready after {timeout} s: {', '.join(waiting)}; see {self.log.name}")
            try:
                with urllib.request.urlopen(self.url(waiting[0]) + "/health/ready", timeout=5):
                    waiting.pop(0)
            except OSError:
                time.sleep(0.1)

    def check_that_it_runs(self):
        """Ends the program if what should run has ended."""

    def token(self):
        return subprocess.run(
            [self.binary, "token", "--permission", "all"], env=self.environment, check=True, capture_output=True,
            text=True).stdout.strip()

    def post(self, service, path, body, token):
        """The answer to a request that must succeed."""
        request = urllib.request.Request(
            self.url(service) + path, json.dumps(body).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"POST {path} was answered with {error.code}: {error.read(2000).decode(errors='replace')}")

    def sql(self, database, statement):
        """Rows of a query as the superuser, each a list of strings."""
        result = subprocess.run(
            [*PSQL, "-c", statement], env=self.superuser(database), check=True, capture_output=True, text=True)
        return [line.split("\t") for line in result.stdout.splitlines() if line]

    def check_billing(self, *options):
        """`arc billing check`: its findings, and its last line."""
        result = subprocess.run(
            [self.binary, "billing", "check", *options], env=self.environment, capture_output=True, text=True)
        lines = result.stdout.strip().splitlines()
        if result.returncode not in (0, 2) or not lines:
            raise SystemExit(f"arc billing check ended with {result.returncode}: {result.stderr[-2000:]}")
        return lines[:-1], lines[-1]

    def session(self, database):
        """A psql of the superuser that carries out the statements written to its standard input, each on its own."""
        return subprocess.Popen(
            [*PSQL, "-q"], env=self.superuser(database), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)


class Stack(Services):
    """One `arc up`. Every process that it starts is found by walking down from its process id."""

    def __init__(self, binary, home, smtp_port=None, environment=None, services=SERVICES):
        """Without a port of a mail server, mails are only logged. The environment adds to what makes tests easy."""
        self.home = pathlib.Path(home)
        super().__init__(binary, self.home.parent)
        self.services = services
        self.send_mails(smtp_port)
        self.environment.update(
            ARC_HOME=str(self.home),
            TENANT_MANAGEMENT_PORT=str(self.ports["tenant-management"]),
            SUBSCRIPTION_PORT=str(self.ports["subscription"]),
            ORCHESTRATOR_PORT=str(self.ports["orchestrator"]),
            **(environment or {}),
        )
        self.process = None

    def start(self, timeout=180):
        self.run("up", *self.services)
        self.wait_until_ready(timeout)

    def start_servers(self, binary, timeout=180):
        """Only PostgreSQL and Redis, by a program that knows how. Nothing is migrated."""
        begin = os.path.getsize(self.log.name)
        self.run("up", "--servers-only", binary=binary)
        deadline = time.monotonic() + timeout
        while "\nReady in " not in pathlib.Path(self.log.name).read_text(errors="replace")[begin:]:
            self.check_that_it_runs()
            if time.monotonic() > deadline:
                raise SystemExit(f"PostgreSQL and Redis are not ready after {timeout} s; see {self.log.name}")
            time.sleep(0.1)

    def run(self, *arguments, binary=None):
        self.process = subprocess.Popen(
            [binary or self.binary, *arguments], env=self.environment, stdout=self.log, stderr=self.log,
            start_new_session=True)

    def check_that_it_runs(self):
        if self.process.poll() is not None:
            raise SystemExit(f"`arc up` ended with code {self.process.returncode}; see {self.log.name}")

    def service_environment(self, service):
        """What `arc up` has given to a service that runs, so that another node of it can be started."""
        content = pathlib.Path(f"/proc/{self.processes()[service]}/environ").read_bytes()
        return dict(part.split("=", 1) for part in content.decode().split("\0") if "=" in part)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            for pid in [*self.processes().values(), self.process.pid]:
                for each in pid if isinstance(pid, list) else [pid]:
                    kill(each)

    def processes(self):
        """What may be killed, by name: the services, Redis, the PostgreSQL server, and a list of its backends."""
        children = {}
        commands = {}
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                stat = (entry / "stat").read_text()
                commands[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            parent = int(stat.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
        found = {}
        for pid in children.get(self.process.pid, []):
            command = commands[pid]
            if " serve " in command:
                found[command.split(" serve ")[1].split()[0]] = pid
            elif "redis-server" in command:
                found["redis"] = pid
            elif "postgres" in command.split(" ")[0]:
                found["postgresql"] = pid
                found["backends"] = [
                    backend for backend in children.get(pid, []) if "127.0.0.1" in commands.get(backend, "")]
        return found

    def superuser(self, database):
        state = dict(
            line.split("=", 1) for line in (self.home / "state.env").read_text().splitlines()
            if "=" in line and not line.startswith("#"))
        return dict(
            os.environ, PGHOST="127.0.0.1", PGPORT=state["POSTGRES_PORT"], PGUSER="postgres",
            PGPASSWORD=state["POSTGRES_DB_PASSWORD"], PGDATABASE=database)


def kill(pid):
    """Ends a process without a chance to clean up. Returns whether there was one."""
    try:
        os.kill(pid, signal.SIGKILL)
        return True
    except ProcessLookupError:
        return False
