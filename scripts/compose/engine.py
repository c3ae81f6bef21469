"""A separate container engine for the test of the compose file: podman with storage, networks and socket in one folder, so that
containers, images and volumes of this machine are neither used nor touched."""

import json
import os
import pathlib
import shutil
import subprocess
import threading
import time

NEEDED = ["podman", "runc", "iptables", "docker-compose", "debootstrap", "openssl", "chromium", "chromedriver", "pdftotext"]


class Unavailable(Exception):
    """No container can be run on this machine."""


class Engine:
    def __init__(self, folder, log):
        self.folder = pathlib.Path(folder)
        self.log = log
        self.socket = self.folder / "podman.sock"
        self.service = None
        # When the first check of each container began that has passed: nobody knew before that it is healthy.
        self.healthy = {}
        self.stopping = threading.Event()
        self.probe = threading.Thread(target=self._probe, daemon=True)

    def open(self):
        missing = [name for name in NEEDED if not shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")]
        if missing:
            raise Unavailable(f"these programs are missing: {', '.join(missing)} (scripts/install-dependencies.sh --compose)")
        if os.geteuid() != 0:
            raise Unavailable("containers with their own network need root")
        self.folder.mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "containers.conf"
        # Without systemd: no cgroup manager and no journal; limits that a nested container may set.
        configuration.write_text(
            '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
            '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]\n'
            f'[network]\nnetwork_config_dir = "{self.folder / "networks"}"\n')
        (self.folder / "networks").mkdir(exist_ok=True)
        self.environment = dict(
            os.environ, CONTAINERS_CONF=str(configuration), DOCKER_HOST=f"unix://{self.socket}", PATH="/usr/local/sbin:"
            "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        self.environment.pop("COMPOSE_FILE", None)
        answer = self.podman("info", check=False)
        if answer.returncode != 0:
            raise Unavailable(f"podman does not work: {answer.stderr.strip()[-500:]}")
        self.service = subprocess.Popen(
            self._command("system", "service", "--time=0", f"unix://{self.socket}"), env=self.environment,
            stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 120
        while not self.socket.exists() or self.podman("ps", check=False).returncode != 0:
            if self.service.poll() is not None:
                raise Unavailable("podman's service ended at once; see the log")
            if time.monotonic() > deadline:
                raise RuntimeError("podman's service does not respond; see the log")
            time.sleep(0.1)
        self.probe.start()

    def close(self):
        self.stopping.set()
        if self.probe.is_alive():
            self.probe.join(30)
        if self.service:
            self.service.terminate()
            try:
                self.service.wait(20)
            except subprocess.TimeoutExpired:
                self.service.kill()
                self.service.wait()

    def _command(self, *arguments):
        return ["podman", "--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run"), "--tmpdir",
                str(self.folder / "tmp"), *arguments]

    def podman(self, *arguments, check=True, timeout=600, **options):
        """Runs podman; the result has its output as text."""
        result = subprocess.run(
            self._command(*arguments), env=self.environment, capture_output=True, text=True, timeout=timeout, **options)
        if check and result.returncode != 0:
            raise RuntimeError(f"podman {' '.join(arguments)} ended with {result.returncode}: "
                               f"{(result.stdout + result.stderr).strip()[-2000:]}")
        return result

    def has_image(self, name):
        return self.podman("image", "exists", name, check=False).returncode == 0

    def inspect(self, container):
        return json.loads(self.podman("inspect", container).stdout)[0]

    def is_healthy(self, container):
        """Whether the container's own health check passes now."""
        return self.podman("healthcheck", "run", container, check=False).returncode == 0

    def remove_all(self):
        """Removes containers, volumes, networks and images that were replaced; the others stay for the next run."""
        self.healthy.clear()
        self.podman("rm", "--all", "--force", "--time", "10")
        self.podman("volume", "rm", "--all", "--force")
        self.podman("network", "prune", "--force")
        self.podman("image", "prune", "--force")

    def _probe(self):
        """podman leaves it to systemd to run health checks; here is no systemd."""
        while not self.stopping.wait(0.5):
            listed = self.podman("ps", "--format", "{{.Names}}", check=False)
            for name in listed.stdout.split():
                if self.stopping.is_set():
                    return
                begin = time.time()
                if self.is_healthy(name):
                    self.healthy.setdefault(name, begin)
