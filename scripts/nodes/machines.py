"""Two machines with a node of each service, on the PostgreSQL and Redis of one `arc up`."""
import http.client
import json
import signal
import subprocess
import sys
import time

from stack import SERVICES, free_port

# More than the balancer keeps idle connections (deploy/nginx/arc/upstream.conf).
DRAIN_SECONDS = 5


class Node:
    """A process of a service."""

    def __init__(self, service, machine, environment, folder):
        self.name = f"{service} {machine}"
        self.service = service
        self.port = free_port()
        self.environment = dict(
            environment, PORT=str(self.port), METRICS_PORT=str(free_port()), TRUSTED_PROXIES="127.0.0.1",
            DRAIN_SECONDS=str(DRAIN_SECONDS), SHUTDOWN_SECONDS="20", LOG_CLIENT_ADDRESSES="full",
            # What a killed node has held is free after that.
            IDEMPOTENCY_CLAIM_SECONDS="10")
        self.log = open(folder / f"{service}-{machine}.log", "ab")
        self.process = None
        self.binary = None

    def start(self, binary):
        self.binary = binary
        self.process = subprocess.Popen(
            [binary, "serve", self.service], env=self.environment, stdout=self.log, stderr=self.log, start_new_session=True)

    def get(self, path):
        """Past the balancer: status, headers and body; None if nobody responds."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def wait_until_ready(self, patience):
        deadline = time.monotonic() + patience
        while True:
            answer = self.get("/health/ready")
            if answer is not None and answer[0] == 200:
                return
            if self.process.poll() is not None:
                sys.exit(f"{self.name} ended with code {self.process.returncode}; see {self.log.name}")
            if time.monotonic() > deadline:
                sys.exit(f"{self.name} is not ready after {patience} s: {answer}; see {self.log.name}")
            time.sleep(0.1)

    def drain(self):
        """Asks for the end. Checks what load balancers and clients see then: it is not ready, but it still answers."""
        self.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < deadline:
            answer = self.get("/health/ready")
            if answer is not None and answer[0] == 503 and json.loads(answer[2])["checks"] == {"service": "draining"}:
                served = self.get("/ping")
                if served is None or served[0] != 200 or served[1]["Connection"] != "close":
                    sys.exit(f"{self.name} drains and answers GET /ping with {served}")
                return
            time.sleep(0.05)
        sys.exit(f"{self.name} was asked to end and never said that it is not ready any more")

    def wait_for_end(self, patience):
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            sys.exit(f"{self.name} has not ended after {patience} s; see {self.log.name}")
        if code != 0:
            sys.exit(f"{self.name} ended with code {code}; see {self.log.name}")

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)


class Machine:
    """A node of each service, replaced together."""

    def __init__(self, number, environments, folder, patience):
        self.number, self.patience = number, patience
        self.nodes = [Node(service, number, environments[service], folder) for service in SERVICES]

    def start(self, binary):
        for node in self.nodes:
            node.start(binary)
        for node in self.nodes:
            node.wait_until_ready(self.patience)

    def replace(self, binary, pause):
        """All nodes at once: those of the other machine serve. Returns the seconds until they were back."""
        began = time.monotonic()
        for node in self.nodes:
            if node.binary == binary:
                node.drain()
            else:
                # A former release, which need not be able to.
                node.process.send_signal(signal.SIGTERM)
        for node in self.nodes:
            node.wait_for_end(self.patience)
        self.start(binary)
        seconds = time.monotonic() - began
        # Until the balancer uses it again.
        time.sleep(pause)
        return seconds

    def kill(self):
        for node in self.nodes:
            node.kill()

    def stop(self):
        """Ends the nodes one way or another."""
        for node in self.nodes:
            if node.process is not None and node.process.poll() is None:
                node.process.send_signal(signal.SIGTERM)
        for node in self.nodes:
            if node.process is not None:
                try:
                    node.process.wait(DRAIN_SECONDS + 30)
                except subprocess.TimeoutExpired:
                    node.kill()
