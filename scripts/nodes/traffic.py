"""Clients behind the balancer that check every response."""
import collections
import http.client
import json
import random
import socket
import ssl
import threading
import time
import urllib.parse
import uuid

from stack import new_tenant


class Refused(Exception):
    """A response that is not what it must be, or none."""


class Connection(http.client.HTTPSConnection):
    """From an address of its own to the balancer, whatever the name."""

    def __init__(self, name, port, context, source):
        super().__init__(name, port, timeout=30, context=context)
        self.source = source

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout, (self.source, 0))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


class Client:
    """One client with connections that it keeps."""

    def __init__(self, balancer, names, token, source):
        self.context = ssl.create_default_context(cafile=balancer.certificate)
        self.connections = {
            service: Connection(name, balancer.port, self.context, source) for service, name in names.items()}
        # The orchestrator has no name outside.
        self.connections["orchestrator"] = http.client.HTTPConnection(
            "127.0.0.1", balancer.internal["orchestrator"], timeout=30)
        self.token = token

    def call(self, service, method, path, body=None, key=None, headers=None):
        """Status, headers and body. Nothing is repeated here.
        - Raises: Refused when there is no response."""
        connection = self.connections[service]
        sent = {"Authorization": f"Bearer {self.token}", "X-Request-Id": uuid.uuid4().hex, **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/json"
        if key is not None:
            sent["Idempotency-Key"] = key
        try:
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Refused(f"{method} {path}: {type(error).__name__}: {error}") from error
        if response.headers.get_all("X-Request-Id") != [sent["X-Request-Id"]]:
            raise Refused(f"{method} {path}: X-Request-Id {response.headers.get_all('X-Request-Id')} instead of"
                          f" {sent['X-Request-Id']}")
        return response.status, response.headers, json.loads(content) if content else None


class Traffic:
    """Readers and writers. `phase` says what happens meanwhile."""

    # The orchestrator makes a schema for each, which is not what is measured here.
    TENANTS_PER_SECOND = 5

    def __init__(self, balancer, names, token, workers, pause):
        self.balancer, self.names, self.token, self.workers, self.pause = balancer, names, token, workers, pause
        self.phase = "start"
        self.lock = threading.Lock()
        self.failures = []
        self.times = collections.defaultdict(list)
        self.kinds = collections.Counter()
        # What was acknowledged: names of tenants by their ids, and of features by their keys.
        self.tenants = {}
        self.features = {}
        self.repeated = 0
        # While nodes are killed: requests whose outcome nobody can know are left out, and a client repeats under its key.
        self.is_careful = False
        self.ends = threading.Event()
        # Rounds that each worker has begun, and the tenant that only it changes.
        self.rounds = [0] * workers
        self.own = [None] * workers
        self.began = time.monotonic()
        self.threads = [threading.Thread(target=self.work, args=(number,), daemon=True) for number in range(workers)]

    def start(self):
        self.began = time.monotonic()
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.ends.set()
        for thread in self.threads:
            thread.join(60)
            if thread.is_alive():
                self.fail("a client still waits for a response")

    def be_careful(self, is_careful):
        """From when it returns, no request is under way that was begun before."""
        self.is_careful = is_careful
        before = list(self.rounds)
        while any(now == old for now, old in zip(self.rounds, before)) and not self.ends.is_set():
            time.sleep(0.05)

    def fail(self, text):
        with self.lock:
            self.failures.append(f"{time.strftime('%H:%M:%S')} {self.phase}: {text}")

    def work(self, number):
        client = Client(self.balancer, self.names, self.token, f"127.0.1.{number + 1}")
        while not self.ends.is_set():
            self.rounds[number] += 1
            try:
                self.round(client, number)
            except Refused as refused:
                self.fail(str(refused))
                time.sleep(0.2)
            self.ends.wait(random.uniform(0.5, 1.5) * self.pause)

    def request(self, client, service, method, path, expected, body=None, key=None):
        began = time.monotonic()
        phase = self.phase
        try:
            status, _, content = client.call(service, method, path, body, key)
            # The node that held the key was killed: its claim ends by itself.
            while self.is_careful and key is not None and status == 409 and not self.ends.is_set() \
                    and content["error"].get("code") == "IDEMPOTENCY_IN_PROGRESS" and time.monotonic() - began < 90:
                with self.lock:
                    self.repeated += 1
                time.sleep(0.5)
                status, _, content = client.call(service, method, path, body, key)
        finally:
            with self.lock:
                self.times[phase].append(time.monotonic() - began)
                self.kinds[method + (" with a key" if key else " without one" if method == "POST" else "")] += 1
        if status != expected:
            raise Refused(f"{method} {path} got {status} instead of {expected}: {json.dumps(content)[:400]}")
        return content

    def round(self, client, number):
        if self.own[number] is None or len(self.tenants) < self.TENANTS_PER_SECOND * (time.monotonic() - self.began):
            has_key = self.is_careful or self.rounds[number] % 2 == 0
            self.own[number] = self.create(client, uuid.uuid4().hex if has_key else None)
        self.rename(client, self.own[number])
        for _ in range(10):
            self.read(client)
        page = self.request(
            client, "tenant-management", "GET", "/tenants?filter=" + urllib.parse.quote('{"limit":10,"order":["id DESC"]}'), 200)
        if not 1 <= len(page) <= 10:
            raise Refused(f"a list of tenants has {len(page)} entries")
        self.feature(client, uuid.uuid4().hex)
        if not self.is_careful:
            self.feature(client, None)
        self.request(client, "orchestrator", "GET", "/ping", 200)

    def create(self, client, key):
        body = new_tenant("Scale")
        made = self.request(client, "tenant-management", "POST", "/tenants", 201, body, key)
        if made["name"] != body["name"] or made["key"] != body["key"]:
            raise Refused(f"POST /tenants gave another tenant: {json.dumps(made)[:300]}")
        with self.lock:
            self.tenants[made["id"]] = made["name"]
        return made["id"]

    def rename(self, client, tenant):
        """The only writer of this tenant, so the next response, of whichever node, has the new name."""
        if self.is_careful:
            return
        name = f"Scale {uuid.uuid4().hex[:12]}"
        self.request(client, "tenant-management", "PATCH", f"/tenants/{tenant}", 204, {"name": name})
        with self.lock:
            self.tenants[tenant] = name
        read = self.request(client, "tenant-management", "GET", f"/tenants/{tenant}", 200)
        if read["name"] != name:
            raise Refused(f"GET /tenants/{tenant} gave the name {read['name']!r} after the change to {name!r} was acknowledged")

    def read(self, client):
        with self.lock:
            tenant = random.choice(list(self.tenants))
        read = self.request(client, "tenant-management", "GET", f"/tenants/{tenant}", 200)
        if read["id"] != tenant:
            raise Refused(f"GET /tenants/{tenant} gave {read['id']}")

    def feature(self, client, idempotency_key):
        key = "f" + uuid.uuid4().hex[:12]
        body = {"name": f"Feature {key}", "key": key, "defaultValue": "off", "type": "string"}
        made = self.request(client, "subscription", "POST", "/features", 201, body, idempotency_key)
        path = f"/features/{made['id']}"
        if self.request(client, "subscription", "GET", path, 200)["key"] != key:
            raise Refused(f"GET {path} gave another feature")
        with self.lock:
            self.features[key] = body["name"]
        self.request(client, "subscription", "GET", "/plans?filter=" + urllib.parse.quote('{"limit":5}'), 200)
        self.request(client, "subscription", "PUT", path, 204, {**body, "name": f"{body['name']} changed"})
        with self.lock:
            self.features[key] = f"{body['name']} changed"
