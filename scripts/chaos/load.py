"""Clients that take tenants through their lives, repeat what had no answer, and remember what they were promised."""
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
        # The event that announces a new tenant, or the callback that ends a workflow, may wait for what was killed.
        if response.status == 409 and any(code in data for code in (b"TENANT_UNKNOWN", b"PROVISIONING_OPEN", b"MOVE_OPEN")):
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


class Tenant:
    """A tenant and what its clients were promised."""

    def __init__(self, key):
        self.key = key
        self.id = None
        self.name = None
        self.subscription = None
        self.wants = "ACTIVE"
        self.is_moved = False


class Load:
    """Workers that take tenants from the first mail to the end of their lives, and finish what they have begun."""

    def __init__(self, stack, mailbox, token, plan, settle):
        self.stack, self.mailbox, self.token, self.plan, self.settle = stack, mailbox, token, plan, settle
        self.lock = threading.Lock()
        self.tenants = []
        self.mail_delays = []
        self.failures = []
        self.threads = []
        self.enough = threading.Event()
        self.stopped_at = None
        self.begun = 0
        self.wanted = 0
        self.done = 0

    def start(self, workers, wanted):
        """Begins at least `wanted` lives, and more until `stop` is called."""
        self.wanted = wanted
        for _ in range(workers):
            thread = threading.Thread(target=self.work, daemon=True)
            thread.start()
            self.threads.append(thread)

    def wait(self, seconds):
        """Waits until the wanted number of lives has ended."""
        if not self.enough.wait(seconds):
            self.fail(f"only {self.done} of {self.wanted} tenants were where they should be after {seconds:.0f} s")

    def stop(self):
        self.stopped_at = time.monotonic()
        for thread in self.threads:
            thread.join(max(0.0, self.deadline() - time.monotonic()) + 60)
        if any(thread.is_alive() for thread in self.threads):
            self.fail("a client is still waiting for an answer")

    def deadline(self):
        return time.monotonic() + self.settle if self.stopped_at is None else self.stopped_at + self.settle

    def work(self):
        client = Client(self.stack, self.deadline)
        while self.stopped_at is None:
            with self.lock:
                number = self.begun
                self.begun += 1
            try:
                self.live(client, number)
            except (Failure, TimeoutError) as failure:
                self.fail(f"tenant {number}: {failure}")
            with self.lock:
                self.done += 1
                if self.done >= self.wanted:
                    self.enough.set()

    def fail(self, text):
        with self.lock:
            self.failures.append(text)

    def live(self, client, number):
        """Sign-up to ACTIVE; a third is moved or changed then, and half is off-boarded."""
        tenant = self.sign_up(client, number)
        self.until(client, tenant, "is ACTIVE", f"/tenants/{tenant.id}", lambda body: body["status"] == 0)
        if number % 6 == 0:
            self.move(client, tenant)
        elif number % 6 == 3:
            self.rename(client, tenant)
        if number % 2 == 1:
            self.off_board(client, tenant)

    def sign_up(self, client, number):
        """From a lead to a paying tenant; each step is repeated with its key until it is answered."""
        tenant = Tenant("l" + uuid.uuid4().hex[:9])
        key = tenant.key
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
        tenant.id = client.call(
            "tenant-management", "POST", f"/leads/{lead}/tenants", token,
            {"key": key, "domains": [f"{key}.example.com"]}, key=str(uuid.uuid4()))["id"]
        with self.lock:
            self.tenants.append(tenant)
        self.subscribe(client, tenant, is_billed=number % 4 < 2)
        return tenant

    def subscribe(self, client, tenant, is_billed):
        """To one period with a draft of an invoice, or to what the billing engine bills: then activating it issues the invoice."""
        body = {"subscriberId": tenant.id, "planId": self.plan, "status": 0}
        if is_billed:
            body |= {"quantity": "3", "taxes": [{"name": "VAT", "rate": "20"}]}
        tenant.subscription = client.call(
            "subscription", "POST", "/subscriptions", self.token, body, key=str(uuid.uuid4()))["id"]
        path = f"/subscriptions/{tenant.subscription}"
        if is_billed:
            client.call("subscription", "POST", f"{path}/activate", self.token, {}, key=str(uuid.uuid4()))
        else:
            client.call("subscription", "PATCH", path, self.token, {"status": 1}, key=str(uuid.uuid4()))

    def rename(self, client, tenant):
        """One writer for a tenant, so that what it was promised is what everybody must read."""
        path = f"/tenants/{tenant.id}"
        for number in range(5):
            name = f"Renamed {tenant.key} {number}"
            client.call("tenant-management", "PATCH", path, self.token, {"name": name}, key=str(uuid.uuid4()))
            tenant.name = name
            read = client.call("tenant-management", "GET", path, self.token)
            if read["name"] != name:
                raise Failure(f"{path} shows {read['name']!r} after its change to {name!r} was acknowledged")

    def move(self, client, tenant):
        """From a schema in the shared database to a separate database."""
        path = f"/tenants/{tenant.id}"
        move = client.call(
            "tenant-management", "POST", f"{path}/move", self.token, {"target": "silo", "reason": "It has grown"},
            key=str(uuid.uuid4()), expect=(202,))["id"]
        tenant.is_moved = True

        def is_over(runs):
            run = next((run for run in runs if run["id"] == move), None)
            if run is not None and run["state"] in ("FAILED", "STUCK"):
                raise Failure(f"the move of {tenant.key} ended as {run['state']}: {json.dumps(run)[:600]}")
            return run is not None and run["state"] == "SUCCEEDED"

        self.until(client, tenant, "is moved", f"{path}/provisioning", is_over)
        client.call(
            "tenant-management", "POST", f"{path}/move/confirm", self.token, {}, key=str(uuid.uuid4()), expect=(204,))

    def off_board(self, client, tenant):
        path = f"/tenants/{tenant.id}/deprovision"
        client.call(
            "tenant-management", "POST", path, self.token, {"reason": "The contract has ended", "graceDays": 0},
            key=str(uuid.uuid4()), expect=(202,))
        tenant.wants = "OFFBOARDED"
        self.until(client, tenant, "is off-boarded", path, lambda body: body["state"] == "DONE")

    def until(self, client, tenant, what, path, condition):
        """Reads until a condition holds."""
        end = time.monotonic() + self.settle + 120
        while True:
            body = client.call("tenant-management", "GET", path, self.token)
            if condition(body):
                return
            if time.monotonic() > end:
                raise Failure(f"{tenant.key} never {what}; the last answer of {path}: {json.dumps(body)[:600]}")
            time.sleep(random.uniform(0.1, 0.3))
