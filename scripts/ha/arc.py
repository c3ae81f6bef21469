"""The services of arc on their own databases, connected in one of the ways that docs/scaling.md describes."""
import pathlib
import secrets
import subprocess
import tempfile

from cluster import CLEAN, DEPLOY, Pooler, Proxy
from stack import SERVICES, Services, free_port

# What is migrated: database, owner of its tables, role of the service. The services first, in the order of SERVICES.
DATABASES = {
    "tenant-management": ("tenant_mgmt_db", "tenant_mgmt_owner", "tenant_mgmt_app"),
    "subscription": ("subscription_db", "subscription_owner", "subscription_app"),
    "orchestrator": ("orchestrator_db", "orchestrator_owner", "orchestrator_app"),
    "message-bus": ("message_bus_db", "message_bus_owner", "message_bus_app"),
}
WAYS = ("haproxy", "hosts", "pgbouncer")


class Arc(Services):
    """`arc serve` for each service, and a Redis. Nobody restarts them: they recover by themselves, or the test fails."""

    def __init__(self, binary, folder, cluster, logs):
        super().__init__(binary, folder)
        self.cluster, self.logs, self.folder = cluster, logs, folder
        roles = [role for row in DATABASES.values() for role in row[1:]] + ["provisioner"]
        self.passwords = {role: secrets.token_hex(16) for role in roles}
        self.redis_port, self.redis_password = free_port(), secrets.token_hex(16)
        self.environment.update(
            ARC_ENV="development", HOST="127.0.0.1", JWT_SECRET=secrets.token_hex(32), JWT_ISSUER="arc",
            DATA_ENCRYPTION_KEY=secrets.token_hex(32), SYSTEM_USER_ID="0e7c3a52-6f2c-4a79-8d0e-5b0f0a1b2c3d",
            EVENT_CONNECTOR="postgres", REDIS_HOST="127.0.0.1", REDIS_PORT=str(self.redis_port),
            REDIS_PASSWORD=self.redis_password, TENANT_MANAGEMENT_URL=self.url("tenant-management"))
        self.processes = {}
        self.redis = None

    def superuser(self, database):
        return self.cluster.environment(Proxy.PORT, database)

    def start_redis(self):
        # The password on standard input, so that no argument shows it.
        self.redis = subprocess.Popen(
            ["redis-server", "-"], stdin=subprocess.PIPE, stdout=self.logs("redis"), stderr=self.logs("redis"), env=CLEAN,
            cwd=str(self.folder))
        self.redis.stdin.write(
            f"bind 127.0.0.1\nport {self.redis_port}\nrequirepass {self.redis_password}\nsave \"\"\n".encode())
        self.redis.stdin.close()

    def make_databases(self):
        """With the script of deploy/ha, and the migrations, past any pooler."""
        with tempfile.TemporaryDirectory() as folder:
            for role, password in self.passwords.items():
                (pathlib.Path(folder) / f"{role}_password").write_text(password)
            subprocess.run(
                [str(DEPLOY / "databases.sh"), folder], env=self.superuser("postgres"), check=True, capture_output=True,
                text=True, timeout=120)
        for service, (database, owner, runtime) in DATABASES.items():
            subprocess.run(
                [self.binary, "migrate", "up", "--service", service], check=True, capture_output=True, text=True, timeout=300,
                env=dict(self.environment, **self.database("DB", "haproxy", database, runtime), DB_MIGRATION_USER=owner,
                         DB_MIGRATION_PASSWORD=self.passwords[owner]))

    def database(self, prefix, way, database, role):
        """The variables of a connection."""
        variables = {
            f"{prefix}_DATABASE": database, f"{prefix}_USER": role, f"{prefix}_PASSWORD": self.passwords[role],
            f"{prefix}_HOST": "127.0.0.1", f"{prefix}_PORT": str(Proxy.PORT), f"{prefix}_SSLMODE": "disable"}
        if way == "hosts":
            variables |= {f"{prefix}_HOST": ",".join(self.cluster.addresses), f"{prefix}_PORT": "5432"}
        if way == "pgbouncer":
            variables |= {
                f"{prefix}_PORT": str(Pooler.PORT), f"{prefix}_PREPARED_STATEMENTS": "false",
                f"{prefix}_LISTEN_PORT": str(Proxy.PORT)}
        return variables

    def start(self, way, timeout=120):
        """Starts the services, which reach their databases in this way."""
        for number, service in enumerate(SERVICES):
            database, _, role = DATABASES[service]
            environment = dict(
                self.environment, PORT=str(self.ports[service]), REDIS_DATABASE=str(number % 2), METRICS_PORT=str(free_port()),
                **self.database("DB", way, database, role),
                **self.database("MESSAGE_BUS_DB", way, "message_bus_db", "message_bus_app"),
                # Tenants' databases come and go: the provisioner does not go through a pooler.
                **self.database("PROVISIONER_DB", "haproxy" if way == "pgbouncer" else way, "application_db", "provisioner"))
            self.processes[service] = subprocess.Popen(
                [self.binary, "serve", service], env=environment, stdin=subprocess.DEVNULL, stdout=self.logs(service),
                stderr=self.logs(service), cwd=str(self.folder))
        self.wait_until_ready(timeout)

    def check_that_it_runs(self):
        for service, process in self.processes.items():
            if process.poll() is not None:
                raise SystemExit(f"{service} ended with code {process.returncode}")

    def stop(self):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = {}

    def stored_passwords(self):
        """Of the roles of services, as PostgreSQL keeps them."""
        return self.sql("postgres", "SELECT rolname, rolpassword FROM pg_authid WHERE rolname LIKE '%\\_app'")
