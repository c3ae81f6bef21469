"""Clients that write without a pause, each write with an id of its own, and what became of them."""
import threading
import time
import uuid

from load import Client, Failure


class Writer:
    """Writes to one service, one row after the other. A write without a final answer is repeated under its key until it has one."""

    PAUSE = 0.05

    def __init__(self, stack, service, path, body, table, column, token):
        self.stack, self.service, self.path, self.body, self.token = stack, service, path, body, token
        self.table, self.column = table, column
        # When each write was acknowledged, by its id.
        self.acknowledged = {}
        self.begun = []
        self.problem = None
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        client = Client(self.stack, lambda: time.monotonic() + 300)
        try:
            while not self.ends.wait(self.PAUSE):
                identifier = "w" + uuid.uuid4().hex
                self.begun.append(identifier)
                client.call(self.service, "POST", self.path, self.token, self.body(identifier), key=identifier)
                self.acknowledged[identifier] = time.monotonic()
        except (Failure, TimeoutError) as problem:
            self.problem = f"{self.service}: {problem}"

    def last(self):
        """When a write was acknowledged last."""
        return max(self.acknowledged.values(), default=0.0)

    def longest_gap(self, start, end):
        """The longest time without an acknowledged write between two moments."""
        moments = sorted(moment for moment in list(self.acknowledged.values()) if start < moment < end)
        return max(later - earlier for earlier, later in zip([start, *moments], [*moments, end]))

    def stop(self):
        self.ends.set()
        self.thread.join(330)

    def problems(self):
        """What is wrong with what the database has."""
        if self.problem:
            yield self.problem
        database = "tenant_mgmt_db" if self.service == "tenant-management" else "subscription_db"
        rows = self.stack.sql(
            database, f"SELECT {self.column}, count(*) FROM main.{self.table} WHERE {self.column} LIKE 'w%' GROUP BY 1")
        stored = {row[0].partition("@")[0]: int(row[1]) for row in rows}
        lost = [identifier for identifier in self.acknowledged if identifier not in stored]
        twice = [identifier for identifier in self.begun if stored.get(identifier, 0) > 1]
        if lost:
            yield f"{self.service}: {len(lost)} of {len(self.acknowledged)} acknowledged writes are lost, such as {lost[0]}"
        if twice:
            yield f"{self.service}: {len(twice)} writes are stored twice, such as {twice[0]}"


def writers(stack, token, tenant):
    """One for each of the two services that clients write to."""
    return [
        Writer(
            stack, "tenant-management", "/contacts",
            lambda name: {"firstName": "Bo", "lastName": "Ek", "email": f"{name}@example.com", "isPrimary": False,
                          "tenantId": tenant}, "contacts", "email", token),
        Writer(stack, "subscription", "/services", lambda name: {"name": name}, "services", "name", token),
    ]
