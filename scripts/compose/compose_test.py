#!/usr/bin/env python3
"""`make compose-test`: starts deploy/docker-compose.yml as it is, and proves that what runs is what is drawn.

The images of PostgreSQL and Redis are built here from Debian's packages (scripts/compose/images), and that of the services is the
stages `runtime-base` and `runtime` of deploy/Dockerfile on a base made by debootstrap, with the programs of .build/debug. Everything
is in podman's storage in .build-compose, which stays for the next run; containers, networks and volumes are removed.

Exit status: 0 when all steps have passed, 1 when one has not, 77 when this machine cannot run containers.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from engine import Engine, Unavailable

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
UNAVAILABLE = 77
PROJECT = "arc-compose-test"
# Another address of the loopback interface than `make up` uses, so that both can run at the same time.
ADDRESS = "127.0.0.77"
INFRASTRUCTURE = ["postgres-tenant-management", "postgres-subscription", "redis"]
SERVICES = {"tenant-management-service": 3005, "subscription-service": 3002, "orchestrator": 3003}
STEPS = []


def step(name):
    """A step of the test: what it returns is what it has proved."""
    def register(function):
        STEPS.append((name, function))
        return function
    return register


class Failure(Exception):
    """Something is not as it must be."""


def expect(condition, text):
    if not condition:
        raise Failure(text)


def instant(text):
    """The time of an instant as podman writes it, in seconds."""
    match = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", text.replace(" ", "T", 1))
    expect(match, f"no time: {text}")
    base = datetime.datetime.fromisoformat(match[1] + match[3].replace("Z", "+00:00"))
    return base.timestamp() + float(match[2] or 0)


class Test:
    def __init__(self, engine, work, log):
        self.engine = engine
        self.work = work
        self.log = log
        self.secrets = work / "secrets"
        self.environment = dict(
            engine.environment, ARC_IMAGE="localhost/arc-saas:test", POSTGRES_IMAGE="localhost/arc-postgres:test",
            REDIS_IMAGE="localhost/arc-redis:test", PGADMIN_IMAGE="localhost/arc-pgadmin:test",
            PROMETHEUS_IMAGE="localhost/arc-prometheus:test", ARC_BIND_ADDRESS=ADDRESS, ARC_SECRETS=str(self.secrets),
            COMPOSE_PROJECT_NAME=PROJECT, COMPOSE_HTTP_TIMEOUT="300")
        self.document = None
        # Ports on which somebody listens already.
        self.before = set()
        # The id of the tenant of the demo.
        self.tenant = None

    # --- Images ---

    def build_images(self, programs):
        engine = self.engine
        base = "localhost/arc-debian:test"
        if not engine.has_image(base):
            folder = self.work / "base"
            self.run(["debootstrap", "--variant=minbase", "bookworm", str(folder)], timeout=600)
            shutil.rmtree(folder / "var/cache/apt/archives", ignore_errors=True)
            with subprocess.Popen(["tar", "-C", str(folder), "-c", "."], stdout=subprocess.PIPE) as archive:
                engine.podman("import", "-", base, stdin=archive.stdout)
            shutil.rmtree(folder)
        images = pathlib.Path(__file__).parent / "images"
        for name in ["postgres", "redis", "prometheus"]:
            self.build(f"localhost/arc-{name}:test", images / f"{name}.Containerfile", images, f"BASE={base}")
        self.build_pgadmin(images, base)
        self.import_programs(programs)
        # Stages that are not asked for would be built, too, by this version of podman.
        stages = re.split(r"(?m)^(?=FROM )", (DEPLOY / "Dockerfile").read_text())
        wanted = [stage for stage in stages if re.match(r"(?:FROM \S+ AS (?:runtime-base|binaries|runtime)\n|(?!FROM ))", stage)]
        expect(len(wanted) == 4, "deploy/Dockerfile has other stages than this test knows")
        file = self.work / "Containerfile"
        file.write_text("".join(wanted))
        self.build("localhost/arc-saas:test", file, ROOT, f"RUNTIME_BASE={base}", "BINARIES=localhost/arc-programs:test")

    def build_pgadmin(self, images, base):
        """pgAdmin from PyPI, and a virtual environment for the browser that opens it. Both stay for the next run."""
        requirements = images.parent / "requirements.txt"
        done = self.engine.folder / "browser/requirements.txt"
        if done.exists() and done.read_text() == requirements.read_text() and self.engine.has_image("localhost/arc-pgadmin:test"):
            return
        # The interpreter of this Debian, because wheels are for one version, and the image is of the same Debian.
        shutil.rmtree(done.parent, ignore_errors=True)
        self.run(["/usr/bin/python3", "-m", "venv", str(done.parent)])
        pip = str(done.parent / "bin/pip")
        context = self.work / "pgadmin"
        (context / "wheels").mkdir(parents=True)
        self.run([pip, "download", "--quiet", "--dest", str(context / "wheels"), "--requirement", str(requirements)], timeout=600)
        self.run([pip, "install", "--quiet", "--no-index", "--find-links", str(context / "wheels"), "selenium"], timeout=300)
        shutil.copy(images / "pgadmin-entrypoint.sh", context)
        self.build("localhost/arc-pgadmin:test", images / "pgadmin.Containerfile", context, f"BASE={base}")
        shutil.rmtree(context)
        shutil.copy(requirements, done)

    def build(self, tag, file, context, *arguments):
        options = [option for argument in arguments for option in ("--build-arg", argument)]
        answer = self.engine.podman("build", "-q", "-f", str(file), "-t", tag, *options, str(context), timeout=900)
        self.log.write(answer.stdout + answer.stderr)

    def import_programs(self, folder):
        """An image with /out, as the stage `builder` has it, and the libraries of Swift that a debug build uses."""
        out = self.work / "programs/out"
        (out / "bin").mkdir(parents=True)
        for name in ["arc", "arc-pdf"]:
            program = folder / name
            expect(program.exists(), f"{program} is missing: run `make build` first")
            self.run(["strip", "-o", str(out / "bin" / name), str(program)])
            for library in re.findall(r"=> (\S+/swift/linux/\S+\.so) ", self.run(["ldd", str(program)])):
                shutil.copy(library, out / "bin")
        pages = ROOT / ".build-assets/swagger-ui"
        if pages.exists():
            shutil.copytree(pages, out / "share/arc/swagger-ui")
        # An unchanged archive gives an unchanged image, and later layers come from the cache.
        with subprocess.Popen(
                ["tar", "-C", str(self.work / "programs"), "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "-c", "."],
                stdout=subprocess.PIPE) as archive:
            self.engine.podman("import", "-", "localhost/arc-programs:test", stdin=archive.stdout)
        shutil.rmtree(self.work / "programs")

    # --- Programs ---

    def run(self, command, timeout=300, **options):
        answer = subprocess.run(command, capture_output=True, text=True, timeout=timeout, **options)
        self.log.write(f"$ {' '.join(command)}\n{answer.stdout}{answer.stderr}")
        self.log.flush()
        expect(answer.returncode == 0, f"{command[0]} ended with {answer.returncode}: {(answer.stdout + answer.stderr)[-1500:]}")
        return answer.stdout

    def compose(self, *arguments, timeout=420):
        return self.run(["docker-compose", "--compatibility", *arguments], timeout=timeout, cwd=DEPLOY, env=self.environment)

    def name(self, service):
        return f"{PROJECT}_{service}_1"

    def inspect(self, service):
        return self.engine.inspect(self.name(service))

    def execute(self, service, *command, check=True, timeout=120):
        return self.engine.podman("exec", self.name(service), *command, check=check, timeout=timeout)

    def wait_healthy(self, service, seconds=120):
        deadline = time.time() + seconds
        while time.time() < deadline:
            if self.engine.is_healthy(self.name(service)):
                return
            time.sleep(0.5)
        logs = self.engine.podman("logs", "--tail", "20", self.name(service), check=False)
        raise Failure(f"{service} is not healthy after {seconds} s: {(logs.stdout + logs.stderr)[-1500:]}")

    def call(self, url, token=None, body=None):
        """The bytes of a response; with a body it is a POST."""
        headers = {"Content-Type": "application/json"} if body else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode() if body else None
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=60) as response:
            return response.read()

    def get(self, url, token=None):
        return json.loads(self.call(url, token))

    def token(self):
        return self.execute("tenant-management-service", "arc", "token", "--permission", "all").stdout.strip()

    def demo(self):
        """Runs the demo in the network; returns the keys of its tenant and how many steps it had."""
        answer = self.execute(
            "tenant-management-service", "arc", "demo", "--url", "http://tenant-management-service:3005",
            "--subscription-url", "http://subscription-service:3002", "--outbox", "/var/lib/arc/outbox", "--json", check=False)
        self.log.write(answer.stdout + answer.stderr)
        try:
            report = json.loads(answer.stdout)
        except ValueError:
            raise Failure(f"arc demo: {(answer.stdout + answer.stderr)[-1000:]}") from None
        failed = [step for step in report["steps"] if not step["ok"]]
        expect(report["succeeded"] and not failed, f"arc demo: {failed}")
        tenant = next(re.search(r"tenant (\S+), key (\w+)", step["result"]) for step in report["steps"]
                      if step["name"] == "POST /leads/{id}/tenants")
        return tenant[1], tenant[2], len(report["steps"])


def listening(address):
    """The ports of an address on which somebody listens."""
    found = set()
    for port in range(1, 65536):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.settimeout(1)
            if probe.connect_ex((address, port)) == 0:
                found.add(port)
    return found


@step("start order")
def start_order(test):
    test.before = listening(ADDRESS)
    start = time.time()
    test.compose("up", "-d")
    for service in [*INFRASTRUCTURE, *SERVICES]:
        test.wait_healthy(service)
    seconds = time.time() - start
    document = test.document
    compared = 0
    for service, description in document["services"].items():
        if description.get("profiles"):
            continue
        started = instant(test.inspect(service)["State"]["StartedAt"])
        for other, condition in description.get("depends_on", {}).items():
            compared += 1
            if condition["condition"] == "service_healthy":
                healthy = test.engine.healthy[test.name(other)]
                expect(started > healthy, f"{service} started {healthy - started:.1f} s before {other} was healthy")
            else:
                state = test.inspect(other)["State"]
                expect(state["ExitCode"] == 0 and not state["Running"], f"{other} ended with {state['ExitCode']}")
                expect(started >= instant(state["FinishedAt"]), f"{service} started before {other} had ended")
    expect(compared == 12, f"{compared} arrows instead of 12 were compared")
    return f"all healthy after {seconds:.0f} s; each started after what it waits for ({compared} arrows)"


@step("network")
def network(test):
    names = test.engine.podman("network", "ls", "--format", "{{.Name}} {{.Driver}}").stdout.split("\n")
    expect("arc-saas-network bridge" in names, f"networks: {names}")
    for service in [*INFRASTRUCTURE, *SERVICES]:
        networks = list(test.inspect(service)["NetworkSettings"]["Networks"])
        expect(networks == ["arc-saas-network"], f"{service} is in {networks}")
        test.execute("postgres-tenant-management", "getent", "hosts", service)
    return "all containers are in arc-saas-network, and find each other by name"


@step("confinement")
def confinement(test):
    for service in [*INFRASTRUCTURE, *SERVICES]:
        inspected = test.inspect(service)
        host = inspected["HostConfig"]
        declared = test.document["services"][service]["deploy"]["resources"]["limits"]
        memory = int(declared["memory"][:-1]) * {"M": 1 << 20, "G": 1 << 30}[declared["memory"][-1]]
        expect(host["Memory"] == memory, f"{service} may use {host['Memory']} bytes instead of {memory}")
        cpus = host["NanoCpus"] / 1e9 or (host["CpuQuota"] / host["CpuPeriod"] if host["CpuPeriod"] else 0)
        expect(abs(cpus - float(declared["cpus"])) < 0.01, f"{service} may use {cpus} CPUs instead of {declared['cpus']}")
        expect(host["ReadonlyRootfs"] is True, f"{service} can write its root file system")
        status = dict(line.split(":", 1) for line in test.execute(service, "cat", "/proc/1/status").stdout.splitlines())
        expect(status["Uid"].split()[0] != "0", f"{service} runs as root")
        expect(int(status["CapBnd"], 16) == 0 and int(status["CapEff"], 16) == 0, f"{service} has capabilities")
        expect(status["NoNewPrivs"].strip() == "1", f"{service} may gain privileges")
        expect(test.execute(service, "sh", "-c", ": >/usr/x", check=False).returncode != 0, f"{service} can write /usr")
    return "limits as declared, no root, no capabilities, no new privileges, no writable root file system"


@step("authentication")
def authentication(test):
    def psql(server, user, database, password=""):
        return test.engine.podman(
            "exec", "--env", f"PGPASSWORD={password}", test.name(server), "psql", "-h", server, "-U", user, "-d", database,
            "-w", "-tAc", "SELECT current_user", check=False)

    def secret(name):
        return (test.secrets / name).read_text()

    for server, user, database in [("postgres-tenant-management", "tenant_mgmt_app", "tenant_mgmt_db"),
                                   ("postgres-subscription", "subscription_app", "subscription_db")]:
        rules = test.execute(server, "sh", "-c", "grep -v '^#' $PGDATA/pg_hba.conf").stdout
        expect("trust" not in rules and "scram-sha-256" in rules, f"{server} trusts somebody: {rules}")
        expect(psql(server, user, database).returncode != 0, f"{server} lets {user} in without a password")
        expect(test.execute(server, "psql", "-w", "-c", "SELECT 1", check=False).returncode != 0, f"{server}: socket")
        expect(psql(server, user, database, secret(f"{user}_password")).stdout.strip() == user, f"{user} cannot log in")
        expect(psql(server, user, "postgres", secret(f"{user}_password")).returncode != 0, f"{user} gets into postgres")
    expect(psql("postgres-tenant-management", "tenant_mgmt_app", "orchestrator_db",
                secret("tenant_mgmt_app_password")).returncode != 0, "tenant management gets into the orchestrator's database")
    answer = test.execute("redis", "redis-cli", "ping", check=False).stdout
    expect("NOAUTH" in answer, f"Redis answers without a password: {answer}")
    for service in [*INFRASTRUCTURE, *SERVICES]:
        inspected = json.dumps(test.inspect(service))
        for file in test.secrets.iterdir():
            expect(file.read_text() not in inspected, f"{service} shows the secret {file.name}")
    return "every login needs a password, roles enter their own database only, and no container shows a secret"


@step("ports")
def ports(test):
    declared = set()
    for description in test.document["services"].values():
        if not description.get("profiles"):
            declared.update(int(port.split(":")[-2]) for port in description.get("ports", []))
    found = listening(ADDRESS) - test.before
    expect(found == declared, f"reachable are {sorted(found)}, declared are {sorted(declared)}")
    for port in SERVICES.values():
        test.get(f"http://{ADDRESS}:{port}/ping")
    return f"of 65,535 ports the declared ones can be reached: {', '.join(map(str, sorted(declared)))}"


@step("demo")
def demo(test):
    identifier, key, steps = test.demo()
    test.tenant = identifier
    return f"arc demo: all {steps} steps, tenant {key}"


@step("invoice")
def invoice(test):
    url, token = f"http://{ADDRESS}:3005/invoices", test.token()
    created = json.loads(test.call(url, token, {
        "startDate": "2026-01-01", "endDate": "2026-01-31", "dueDate": "2026-02-15", "amount": 1234.5, "currencyCode": "USD",
        "status": 0, "tenantId": test.tenant}))
    file = test.work / "invoice.pdf"
    file.write_bytes(test.call(f"{url}/{created['id']}/download", token))
    text = test.run(["pdftotext", str(file), "-"])
    expect("1234.50 USD" in text and created["id"] in text, f"the invoice says: {text}")
    return f"the image draws invoices: a PDF of {file.stat().st_size} bytes with the right amount"


@step("pgadmin")
def pgadmin(test):
    test.compose("--profile", "tools", "up", "-d", "pgadmin")
    test.wait_healthy("pgadmin")
    seen = test.run(
        [str(test.engine.folder / "browser/bin/python"), str(pathlib.Path(__file__).parent / "pgadmin_browser.py"),
         f"http://{ADDRESS}:5050", "operator@example.com", str(test.secrets / "pgadmin_password"),
         "Tenant management=tenant_mgmt_db", "Subscription=subscription_db"], timeout=400, cwd=test.engine.folder)
    volumes = test.engine.podman("volume", "ls", "--format", "{{.Name}}").stdout.split()
    expect("arc-saas-pgadmin-data" in volumes, "there is no volume arc-saas-pgadmin-data")
    test.compose("--profile", "tools", "rm", "-s", "-f", "pgadmin")
    return f"a browser has opened {', '.join(seen.split(chr(10))[:-1])} without typing a password of a database"


@step("prometheus")
def prometheus(test):
    test.compose("--profile", "observability", "up", "-d", "prometheus")
    test.wait_healthy("prometheus")
    deadline = time.time() + 120
    while True:
        answer = test.get(f"http://{ADDRESS}:9090/api/v1/query?query=up")
        jobs = {row["metric"]["job"] for row in answer["data"]["result"] if row["value"][1] == "1"}
        if len(jobs) == len(SERVICES):
            break
        expect(time.time() < deadline, f"Prometheus reads {sorted(jobs)} only")
        time.sleep(1)
    rules = test.get(f"http://{ADDRESS}:9090/api/v1/rules")["data"]["groups"]
    alerts = sum(len(group["rules"]) for group in rules)
    expect(alerts > 15, f"Prometheus has {alerts} alerts")
    test.compose("--profile", "observability", "rm", "-s", "-f", "prometheus")
    return f"reads the metrics of {len(jobs)} services with the token, and has {alerts} alerts"


@step("restart")
def restart(test):
    times = []
    for service in [*INFRASTRUCTURE, *SERVICES]:
        before = test.inspect(service)["State"]
        start = time.time()
        os.kill(before["Pid"], signal.SIGKILL)
        deadline = start + 120
        while True:
            state = test.inspect(service)["State"]
            if state["Running"] and state["Pid"] not in (0, before["Pid"]):
                break
            expect(time.time() < deadline, f"{service} did not come back")
            time.sleep(0.2)
        test.wait_healthy(service)
        for other in SERVICES:
            test.wait_healthy(other)
        times.append(f"{service} {time.time() - start:.0f} s")
    return f"killed and back: {', '.join(times)}"


@step("demo again")
def demo_again(test):
    _, key, steps = test.demo()
    return f"arc demo: all {steps} steps, tenant {key}"


@step("stop order")
def stop_order(test):
    test.compose("stop")
    finished = {}
    for service in [*INFRASTRUCTURE, *SERVICES]:
        state = test.inspect(service)["State"]
        expect(not state["Running"], f"{service} still runs")
        expect(state["ExitCode"] == 0, f"{service} ended with {state['ExitCode']}")
        finished[service] = instant(state["FinishedAt"])
    for service in SERVICES:
        for other in test.document["services"][service]["depends_on"]:
            if other in finished:
                expect(finished[service] <= finished[other], f"{other} was stopped before {service}")
    return "services before databases and Redis, all with exit code 0"


@step("data")
def data(test):
    # Only volumes stay.
    test.compose("down")
    containers = test.engine.podman("ps", "-a", "-q").stdout.split()
    expect(not containers, f"{len(containers)} containers are left")
    test.engine.healthy.clear()
    start = time.time()
    test.compose("up", "-d")
    for service in [*INFRASTRUCTURE, *SERVICES]:
        test.wait_healthy(service)
    seconds = time.time() - start
    tenant = test.get(f"http://{ADDRESS}:3005/tenants/{test.tenant}", test.token())
    expect(tenant["status"] == 0, f"the tenant of the demo is {tenant}")
    subscriptions = test.get(f"http://{ADDRESS}:3002/subscriptions", test.token())
    expect(any(row["subscriberId"] == test.tenant for row in subscriptions), "its subscription is missing")
    volumes = test.engine.podman("volume", "ls", "--format", "{{.Name}}").stdout.split()
    for volume in ["arc-saas-postgres-tenant-data", "arc-saas-postgres-subscription-data", "arc-saas-redis-data"]:
        expect(volume in volumes, f"there is no volume {volume}")
    password = (test.secrets / "redis_password").read_text()
    keys = test.engine.podman(
        "exec", "--env", f"REDISCLI_AUTH={password}", test.name("redis"), "redis-cli", "--scan", "--pattern", "bull:*").stdout
    expect(keys.strip(), "Redis has lost the queues")
    return f"new containers after {seconds:.0f} s have the tenant, its subscription and the queues"


@step("removal")
def removal(test):
    test.compose("down", "-v")
    volumes = test.engine.podman("volume", "ls", "--format", "{{.Name}}").stdout.split()
    networks = test.engine.podman("network", "ls", "--format", "{{.Name}}").stdout.split()
    expect(not volumes and "arc-saas-network" not in networks, f"left: {volumes} {networks}")
    return "nothing is left"


def image_size(engine, name):
    return int(engine.podman("image", "inspect", "--format", "{{.Size}}", name).stdout) / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", default=str(ROOT / ".build/debug"), help="folder with arc and arc-pdf")
    parser.add_argument("--storage", default=str(ROOT / ".build-compose"), help="where images stay for the next run")
    parser.add_argument("--seconds", type=int, default=1200, help="longest time of everything")
    options = parser.parse_args()

    storage = pathlib.Path(options.storage).resolve()
    storage.mkdir(parents=True, exist_ok=True)
    log_path = storage / "compose-test.log"
    work = pathlib.Path(tempfile.mkdtemp(prefix="arc-compose-"))

    def expired(*_):
        raise Failure(f"not finished after {options.seconds} s")

    signal.signal(signal.SIGALRM, expired)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.alarm(options.seconds)
    start = time.time()
    with open(log_path, "w", encoding="utf-8") as log:
        engine = Engine(storage, log)
        test = None
        try:
            engine.open()
            test = Test(engine, work, log)
            engine.remove_all()
            test.run([str(DEPLOY / "make-secrets.sh"), str(test.secrets)])
            test.document = json.loads(test.run(
                ["/usr/bin/python3", "-c", "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)",
                 str(DEPLOY / "docker-compose.yml")]))
            test.build_images(pathlib.Path(options.programs))
            print(f"ok   images: built in {time.time() - start:.0f} s; arc {image_size(engine, test.environment['ARC_IMAGE']):.0f} MB "
                  "(with a debug build and the libraries of Swift)", flush=True)
            for name, function in STEPS:
                try:
                    print(f"ok   {name}: {function(test)}", flush=True)
                except Exception as error:
                    print(f"FAIL {name}: {error}", flush=True)
                    raise
            print(f"All {len(STEPS)} steps passed in {time.time() - start:.0f} s.")
            return 0
        except Unavailable as reason:
            print(f"compose-test: this machine cannot run containers: {reason}", file=sys.stderr)
            return UNAVAILABLE
        except Exception as error:
            print(f"compose-test: {error}\nThe log is {log_path}.", file=sys.stderr)
            return 1
        finally:
            signal.alarm(0)
            try:
                if test:
                    engine.remove_all()
            except Exception as error:
                print(f"compose-test: cleaning up failed: {error}", file=sys.stderr)
            engine.close()
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
