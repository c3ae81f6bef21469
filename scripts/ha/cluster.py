"""The database servers with Patroni, etcd, and HAProxy in front, all with the files of deploy/ha."""
import base64
import json
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import subprocess
import time
import urllib.request

from machines import HERE, Machine

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy/ha"
PROGRAMS = ("patroni", "etcd", "haproxy", "pgbouncer", "psql", "pg_config", "redis-server")
CLEAN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def owned(folder, user, mode=0o700):
    """A new folder of a user."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(mode)
    shutil.chown(folder, user, user)
    return folder


class Etcd:
    """Three machines with etcd."""

    def __init__(self, folder, logs):
        self.machines, self.processes, self.environments = [], [], []
        names = [f"etcd{number}" for number in (1, 2, 3)]
        self.logs = logs
        for number, name in enumerate(names):
            self.machines.append(Machine(name, 10 + number, {}))
        peers = ",".join(f"{machine.name}=http://{machine.address}:2380" for machine in self.machines)
        for machine in self.machines:
            data = folder / machine.name
            data.mkdir(mode=0o700)
            self.environments.append(CLEAN | template("etcd.env.example") | dict(
                ETCD_NAME=machine.name, ETCD_DATA_DIR=str(data),
                ETCD_LISTEN_CLIENT_URLS=f"http://{machine.address}:2379",
                ETCD_ADVERTISE_CLIENT_URLS=f"http://{machine.address}:2379",
                ETCD_LISTEN_PEER_URLS=f"http://{machine.address}:2380",
                ETCD_INITIAL_ADVERTISE_PEER_URLS=f"http://{machine.address}:2380", ETCD_INITIAL_CLUSTER=peers))
        for number in range(len(names)):
            self.start(number)

    @property
    def hosts(self):
        return ",".join(f"{machine.address}:2379" for machine in self.machines)

    def start(self, number):
        machine = self.machines[number]
        self.processes.append(machine.start(["etcd"], None, self.logs(machine.name), self.environments[number]))

    def leader(self):
        """The number of the member that leads."""
        for number, machine in enumerate(self.machines):
            try:
                answer = post(f"http://{machine.address}:2379/v3/maintenance/status", {})
                if answer["leader"] == answer["header"]["member_id"]:
                    return number
            except OSError:
                continue
        return None


def template(name):
    """The variables of a file of deploy/ha."""
    return dict(
        line.split("=", 1) for line in (DEPLOY / name).read_text().splitlines() if "=" in line and not line.startswith("#"))


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=2) as response:
        return json.load(response)


class Cluster:
    """Three database servers. A member is its number, 0 to 2."""

    def __init__(self, folder, etcd, logs):
        self.logs = logs
        self.passwords = {name: secrets.token_hex(16) for name in ("SUPERUSER", "REPLICATION", "REWIND", "RESTAPI")}
        programs = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
        self.machines, self.environments, self.processes = [], [], [None] * 3
        owner = pwd.getpwnam("postgres")
        for number in range(3):
            name = f"node{number + 1}"
            home = owned(folder / name / "home", "postgres")
            sockets = owned(folder / name / "sockets", "postgres", 0o755)
            (home / "15").mkdir()
            shutil.chown(home / "15", owner.pw_uid, owner.pw_gid)
            settings = owned(folder / name / "settings", "postgres")
            shutil.copy(DEPLOY / "patroni.yml", settings / "config.yml")
            machine = Machine(
                name, number, {"/var/lib/postgresql": home, "/run/postgresql": sockets, "/etc/patroni": settings})
            self.machines.append(machine)
            environment = dict(CLEAN, HOME="/var/lib/postgresql", **template("patroni.env.example"))
            environment.update({f"PATRONI_{name}_PASSWORD": password for name, password in self.passwords.items()})
            environment.update(
                PATRONI_NAME=name, PATRONI_RESTAPI_CONNECT_ADDRESS=f"{machine.address}:8008",
                PATRONI_POSTGRESQL_CONNECT_ADDRESS=f"{machine.address}:5432", PATRONI_ETCD3_HOSTS=etcd.hosts,
                PATRONI_POSTGRESQL_BIN_DIR=programs)
            self.environments.append(environment)
        pathlib.Path("/run/postgresql").mkdir(exist_ok=True)
        for number in range(3):
            self.start(number)

    def start(self, number):
        machine = self.machines[number]
        self.processes[number] = machine.start(
            ["patroni", "/etc/patroni/config.yml"], "postgres", self.logs(machine.name), self.environments[number])

    @property
    def addresses(self):
        return [machine.address for machine in self.machines]

    def role(self, wanted):
        """The number of the member that says itself that it has a role (`primary`, `sync`), or None."""
        for number, address in enumerate(self.addresses):
            try:
                with urllib.request.urlopen(f"http://{address}:8008/{wanted}", timeout=1):
                    return number
            except OSError:
                continue
        return None

    def is_whole(self):
        """Whether there are a primary, a synchronous standby and another replica, and both stream from the primary."""
        primary = self.role("primary")
        if primary is None:
            return False
        try:
            with urllib.request.urlopen(f"http://{self.addresses[primary]}:8008/cluster", timeout=2) as response:
                members = json.load(response)["members"]
        except (OSError, ValueError, KeyError):
            return False
        # Patroni 3.0 says `running` also of replicas that stream.
        if sorted(member["role"] for member in members) != ["leader", "replica", "sync_standby"] or not all(
                member["state"] in ("running", "streaming") for member in members):
            return False
        # Of a member that is away, Patroni repeats what it last said.
        found = subprocess.run(
            ["psql", "-X", "-A", "-t", "-c", "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming' ORDER BY 1"],
            env=self.environment(5432, "postgres") | {"PGHOST": self.addresses[primary]}, capture_output=True, text=True)
        return found.stdout.split() == ["async", "sync"]

    def postmaster(self, number):
        """The process of the server of a member, which is the parent of all its other processes."""
        for pid in self.machines[number].processes():
            try:
                command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if command[0].endswith(b"/postgres") and b"-D" in command:
                return pid
        return None

    def kill_server(self, number):
        """PostgreSQL crashes; Patroni lives."""
        pid = self.postmaster(number)
        if pid is None:
            raise RuntimeError("there is no server to kill")
        os.kill(pid, signal.SIGKILL)

    def switch_over(self, number):
        """The primary hands over to the synchronous standby, as `patronictl switchover` asks it to."""
        url = f"http://{self.machines[number].address}:8008/switchover"
        request = urllib.request.Request(
            url, json.dumps({"leader": self.machines[number].name}).encode(), {
                "Content-Type": "application/json",
                "Authorization": "Basic " + base64.b64encode(f"patroni:{self.passwords['RESTAPI']}".encode()).decode()})
        with urllib.request.urlopen(request, timeout=60):
            pass

    def environment(self, port, database):
        """For psql as the superuser, by HAProxy."""
        return dict(CLEAN, PGHOST="127.0.0.1", PGPORT=str(port), PGUSER="postgres", PGDATABASE=database,
                    PGPASSWORD=self.passwords["SUPERUSER"], PGCONNECT_TIMEOUT="5")


class Proxy:
    """HAProxy on the machine of the services."""

    PORT = 5432

    def __init__(self, cluster, logs):
        addresses = {f"ARC_NODE_{number + 1}": address for number, address in enumerate(cluster.addresses)}
        self.process = subprocess.Popen(
            ["haproxy", "-db", "-f", str(DEPLOY / "haproxy.cfg")], env=dict(CLEAN, **addresses), stdin=subprocess.DEVNULL,
            stdout=logs("haproxy"), stderr=logs("haproxy"))


class Pooler:
    """PgBouncer on the machine of the services, with the file of deploy/ha at its usual place."""

    PORT = 6432

    def __init__(self, folder, users, logs):
        """- users: the stored passwords (SCRAM) of the roles that connect."""
        home = owned(folder / "pgbouncer", "postgres")
        shutil.copy(DEPLOY / "pgbouncer.ini", home)
        (home / "userlist.txt").write_text("".join(f'"{name}" "{secret}"\n' for name, secret in users))
        shutil.chown(home / "userlist.txt", "postgres", "postgres")
        pathlib.Path("/etc/pgbouncer").mkdir(exist_ok=True)
        subprocess.run(["mount", "--bind", str(home), "/etc/pgbouncer"], check=True)
        self.process = subprocess.Popen(
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "pgbouncer", "/etc/pgbouncer/pgbouncer.ini"],
            env=CLEAN, stdin=subprocess.DEVNULL, stdout=logs("pgbouncer"), stderr=logs("pgbouncer"), cwd="/")
