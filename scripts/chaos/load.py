"""Clients that do what people do, repeat what had no answer, and remember what they were promised."""
import http.client
import json
import random
import threading
import time
import uuid


class Failure(Exception):
    """An answer that no client should get, whatever was killed."""


class Client:
    """One connection to one service. `call` repeats a request under its idempotency key until it has a final answer."""

    def __init__(self, stack, deadline):
        self.stack = stack
        self.deadline = deadline
        self.connections = {}

    def once(self, service, method, path, token, body=None, key=None, timeout=40):
        """One attempt: status and JSON, or None when the outcome is unknown or the service says to try again."""
        connection = self.connections.get(service)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.stack.ports[service], timeout=timeout)
            self.connections[service] = connection
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            del self.connections[service]
            return None
        if response.status == 500:
            raise Failure(f"{method} {path} was answered with 500: {data[:300]!r}")
        if response.status in (429, 502, 503, 504):
            return None
        if response.status == 409 and b"IDEMPOTENCY" in data.upper().replace(b"-", b"_"):
            return None
        # The event that announces a new tenant may wait for what was killed.
        if response.status == 409 and b"TENANT_UNKNOWN" in data:
            return None
        return response.status, json.loads(data) if data else None

    def call(self, service, method, path, token, body=None, key=None, expect=(200, 201, 204)):
        """The final answer of a request that is safe to repeat.
        - Raises Failure for any other final answer, TimeoutError when none came."""
        while time.monotonic() < self.deadline():
            answer = self.once(service, method, path, token, body, key)
            if answer is None:
                time.sleep(random.uniform(0.05, 0.4))
                continue
            if answer[0] not in expect:
                raise Failure(f"{method} {path} was answered with {answer[0]}: {json.dumps(answer[1])[:400]}")
            return answer[1]
        raise TimeoutError(f"{method} {path} had no final answer")


class Load:
    """Workers that run until told to stop, and then finish what they began."""

    def __init__(self, stack, mailbox, token, plan, settle):
        self.stack, self.mailbox, self.token, self.plan, self.settle = stack, mailbox, token, plan, settle
        self.lock = threading.Lock()
        self.tenants = {}
        self.names = {}
        self.customers = {}
        self.mail_delays = []
        self.failures = []
        self.stopped_at = None
        self.threads = []

    def start(self, workers):
        stories = [self.create_tenant, self.create_tenant, self.rename_tenant, self.become_customer]
        for number in range(workers):
            thread = threading.Thread(target=self.work, args=(stories[number % len(stories)],), daemon=True)
            thread.start()
            self.threads.append(thread)

    def stop(self):
        self.stopped_at = time.monotonic()
        for thread in self.threads:
            thread.join(self.settle + 60)
        if any(thread.is_alive() for thread in self.threads):
            self.fail("a client is still waiting for an answer")

    def deadline(self):
        return time.monotonic() + self.settle if self.stopped_at is None else self.stopped_at + self.settle

    def work(self, story):
        client = Client(self.stack, self.deadline)
        while self.stopped_at is None:
            try:
                story(client)
            except (Failure, TimeoutError) as failure:
                self.fail(f"{story.__name__}: {failure}")
            time.sleep(random.uniform(0.0, 0.1))

    def fail(self, text):
        with self.lock:
            self.failures.append(text)

    def create_tenant(self, client):
        key = "c" + uuid.uuid4().hex[:9]
        body = {
            "name": f"Chaos {key}", "key": key, "domains": [f"{key}.example.com"],
            "contact": {"firstName": "Bo", "lastName": "Ek", "email": f"bo@{key}.example.com", "isPrimary": True},
        }
        tenant = client.call("tenant-management", "POST", "/tenants", self.token, body, key=str(uuid.uuid4()))
        with self.lock:
            self.tenants[key] = tenant["id"]

    def rename_tenant(self, client):
        """One writer for a tenant, so that what it was promised is what everybody must read."""
        with self.lock:
            free = [key for key in self.tenants if key not in self.names]
            key = random.choice(free) if free else None
            if key:
                self.names[key] = None
        if key is None:
            time.sleep(0.2)
            return
        path = f"/tenants/{self.tenants[key]}"
        for number in range(random.randint(1, 20)):
            name = f"Renamed {key} {number}"
            client.call("tenant-management", "PATCH", path, self.token, {"name": name}, key=str(uuid.uuid4()))
            self.names[key] = name
            read = client.call("tenant-management", "GET", path, self.token)
            if read["name"] != name:
                raise Failure(f"{path} shows {read['name']!r} after its change to {name!r} was acknowledged")
            if self.stopped_at is not None:
                return

    def become_customer(self, client):
        """From a lead to a paying tenant; each step is repeated with its key until it is answered."""
        key = "l" + uuid.uuid4().hex[:9]
        lead = client.call(
            "tenant-management", "POST", "/leads", None,
            {"firstName": "Ann", "lastName": "Lee", "companyName": f"Lead {key}", "email": f"ann@{key}.example.com",
             "address": {"address": "1 Main Street", "city": "Springfield", "country": "India"}},
            key=str(uuid.uuid4()))["id"]
        begun = time.monotonic()
        code = self.mailbox.key(lead, time.monotonic() + self.settle + 60)
        if code is None:
            raise Failure(f"the lead {lead} never got its mail")
        with self.lock:
            self.mail_delays.append(self.mailbox.arrival(lead) - begun)
        token = client.call(
            "tenant-management", "POST", f"/leads/{lead}/verify", code, key=str(uuid.uuid4()))["token"]
        tenant = client.call(
            "tenant-management", "POST", f"/leads/{lead}/tenants", token,
            {"key": key, "domains": [f"{key}.example.com"]}, key=str(uuid.uuid4()))["id"]
        subscription = client.call(
            "subscription", "POST", "/subscriptions", self.token,
            {"subscriberId": tenant, "planId": self.plan, "status": 0}, key=str(uuid.uuid4()))["id"]
        client.call(
            "subscription", "PATCH", f"/subscriptions/{subscription}", self.token, {"status": 1},
            key=str(uuid.uuid4()))
        with self.lock:
            self.tenants[key] = tenant
            self.names[key] = None
            self.customers[key] = (tenant, subscription)
