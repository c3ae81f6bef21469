"""The subscription service on a private PostgreSQL and Redis, with subscriptions that are due, and as many nodes as wanted."""
import pathlib
import sys
import time

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SCRIPTS / "nodes"))

from copies import DATABASE, SERVICE, Template
from machines import Node
from pgbench import Inserts
from stack import Stack

# Renewals that a node has at work (RENEWAL_CONCURRENCY). Its work is due again so many seconds after it was killed.
CONCURRENCY, LEASE = 4, 10


class Installation:
    def __init__(self, binary, folder, patience):
        self.folder, self.patience = folder, patience
        self.stack = Stack(binary, folder / "home", environment={"TEST_CLOCKS": "true"}, services=(SERVICE,))
        self.nodes, self.template, self.token = [], None, None

    def start(self, subscriptions, nodes):
        """Makes the databases and the template with so many subscriptions. Nodes are not started yet."""
        self.stack.start(self.patience)
        self.token = self.stack.token()
        environment = dict(
            self.stack.service_environment(SERVICE), TEST_CLOCKS="false", ACCESS_LOG="false", LOG_LEVEL="warning",
            RENEWAL_CONCURRENCY=str(CONCURRENCY), RENEWAL_LEASE_SECONDS=str(LEASE))
        self.template = Template(self.stack, self.token, subscriptions)
        self.stack.stop()
        self.stack.start_servers(self.stack.binary, self.patience)
        self.nodes = [Node(SERVICE, number + 1, environment, self.folder) for number in range(nodes)]

    def start_nodes(self):
        for node in self.nodes:
            node.start(self.stack.binary)
        for node in self.nodes:
            node.wait_until_ready(self.patience)
        # Requests to the service go to the first one.
        self.stack.ports[SERVICE] = self.nodes[0].port

    def kill_nodes(self):
        for node in self.nodes:
            node.kill()

    def sql(self, statement):
        return self.stack.sql(DATABASE, statement)

    def release(self):
        """Lets workers know of what has been copied without that."""
        self.sql("UPDATE main.subscription_billing SET due_at = next_due_on"
                 " WHERE due_at IS NULL AND claim IS NULL AND test_clock_id IS NULL AND next_due_on <= now()")

    def seconds_of_renewals(self, number):
        """From the first to the last transaction that has issued an invoice with a later number."""
        return float(self.sql(f"SELECT extract(epoch FROM max(created_on) - min(created_on)) FROM main.invoice"
                              f" WHERE ordinal = 2 AND sequence > {number}")[0][0])

    def issued(self):
        """Invoices that have a number: that of the last one, because none is left out."""
        return int(self.sql("SELECT sum(last_number) FROM main.invoice_series WHERE name LIKE 'INV%'")[0][0])

    def invoice_inserts(self):
        """Plain inserts of invoices, to compare renewals with."""
        return Inserts(self.stack, DATABASE, "invoice", {
            "id": "gen_random_uuid()", "subscription_id": "gen_random_uuid()", "sequence": "NULL", "number": "NULL",
            "invoice_id": "NULL", "created_on": "now()", "modified_on": "now()"})

    def wait_for(self, issued, seconds, observe=lambda issued: None):
        """Waits until so many invoices were issued. `observe` gets the number in between."""
        deadline = time.monotonic() + seconds
        while True:
            now = self.issued()
            if now >= issued:
                return
            if time.monotonic() > deadline:
                sys.exit(f"{issued - now} invoices are missing after {seconds:.0f} s")
            observe(now)
            # Asking takes time from those who issue.
            time.sleep(min(1, max(0.1, (issued - now) / 20_000)))

    def stop(self):
        self.kill_nodes()
        self.stack.stop()
