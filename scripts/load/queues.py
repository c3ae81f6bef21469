"""SQS on this machine: the server of moto, with the keys and the address that the services need."""
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from stack import free_port

INSTALLER = pathlib.Path(__file__).resolve().parent.parent / "install-peers.sh"


class QueueServer:
    """Runs while it is entered. It keeps messages in memory, and checks no signatures."""

    def __init__(self, folder):
        self.port = free_port()
        self.log = open(folder / "moto.log", "wb")
        self.process = None

    def __enter__(self):
        peers = os.environ.get("ARC_TEST_PEERS") or subprocess.run(
            [str(INSTALLER)], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        self.process = subprocess.Popen(
            [f"{peers}/bin/python", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)], stdout=self.log,
            stderr=self.log, start_new_session=True)
        deadline = time.monotonic() + 60
        while True:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                sys.exit(f"moto did not start; see {self.log.name}")
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/moto-api/", timeout=5).close()
                return self
            except OSError:
                time.sleep(0.2)

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()

    @property
    def environment(self):
        return {
            "EVENT_CONNECTOR": "sqs",
            "SQS_CREATE_QUEUES": "true",
            # While a poll waits, moto looks for messages a hundred times a second.
            "SQS_WAIT_SECONDS": "0",
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "AKIDLOAD",
            "AWS_SECRET_ACCESS_KEY": "secret-of-AKIDLOAD",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
        }
