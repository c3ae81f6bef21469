"""nginx with the configuration of deploy/nginx, on loopback."""
import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

from stack import free_port

SHIPPED = pathlib.Path(__file__).resolve().parent.parent.parent / "deploy/nginx"
PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
NAMES = {"tenant-management": "tenants.test", "subscription": "subscriptions.test"}

# Requests at once of one address.
CONNECTIONS = 20


def certificate(folder):
    """A certificate of its own for all names. Returns its file and that of its key."""
    files = folder / "certificate.pem", folder / "certificate.key"
    names = ",".join(f"DNS:{name}" for name in NAMES.values())
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=scale-test", "-addext", f"subjectAltName={names}", "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True)
    return files


def check_shipped(folder):
    """`nginx -t` of what is shipped, with a certificate and with folders that exist. Addresses are not resolved or opened: those of
    the example are of another network."""
    copy = folder / "shipped"
    shutil.copytree(SHIPPED, copy)
    pair = certificate(folder)
    for file in (copy / "site").glob("*.conf"):
        text = file.read_text()
        for name, value in (("certificate.pem", pair[0]), ("certificate.key", pair[1])):
            text = text.replace(f"/etc/nginx/site/{name}", str(value))
        text = text.replace("/var/log/nginx/access.log", str(folder / "access.log"))
        # `nginx -t` opens the ports.
        text = re.sub(r"listen (?:[\d.]+:)?\d+", lambda _: f"listen 127.0.0.1:{free_port()}", text)
        file.write_text(text)
    result = subprocess.run(
        [PROGRAM, "-t", "-c", copy / "nginx.conf", "-g", f"pid {folder}/shipped.pid;"], capture_output=True, text=True)
    if result.returncode != 0 or "[warn]" in result.stderr.replace(USER_WARNING, ""):
        sys.exit(f"nginx -t refuses deploy/nginx:\n{result.stderr}")


# Of a user that is not root.
USER_WARNING = '[warn] the "user" directive makes sense only if the master process runs with super-user privileges'


class Balancer:
    """The shipped files with the addresses of this run."""

    def __init__(self, folder):
        self.folder = folder / "nginx"
        self.folder.mkdir()
        shutil.copytree(SHIPPED / "arc", self.folder / "arc")
        shutil.copy(SHIPPED / "nginx.conf", self.folder / "nginx.conf")
        self.site = self.folder / "site"
        self.site.mkdir()
        for name in ("temporary", "log"):
            (self.folder / name).mkdir()
            if os.geteuid() == 0:
                shutil.chown(self.folder / name, "www-data", "www-data")
        self.certificate, key = certificate(self.folder)
        self.port = free_port()
        self.internal = {"tenant-management": free_port(), "orchestrator": free_port()}
        temporary = "".join(
            f"{kind}_temp_path {self.folder}/temporary/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        general = (SHIPPED / "site/10-general.conf").read_text()
        for shipped, value in (
                ("/etc/nginx/site/certificate.pem", self.certificate), ("/etc/nginx/site/certificate.key", key),
                ("/var/log/nginx/access.log", self.folder / "log/access.log")):
            general = general.replace(shipped, str(value))
        (self.site / "10-general.conf").write_text(general + temporary)
        self.process = None

    def configure(self, machines):
        """The shipped example with other addresses: what it says about nodes, limits and names is what runs."""
        text = re.sub(r"(?m)^ *#.*\n", "", (SHIPPED / "site/20-services.conf").read_text())
        nodes = {node.service: [] for node in machines[0].nodes}
        for machine in machines:
            for node in machine.nodes:
                nodes[node.service].append(node.port)
        usual = {"tenant-management": 3005, "subscription": 3002, "orchestrator": 3003}
        for service, ports in nodes.items():
            for number, port in enumerate(ports, 11):
                text = text.replace(f"10.0.0.{number}:{usual[service]}", f"127.0.0.1:{port}")
        plain = free_port()
        text = text.replace("listen 443 ", f"listen 127.0.0.1:{self.port} ")
        text = re.sub(r"listen 80\b", f"listen 127.0.0.1:{plain}", text)
        text = text.replace("listen 10.0.0.10:8005", f"listen 127.0.0.1:{self.internal['tenant-management']}")
        text = text.replace("listen 10.0.0.10:8003", f"listen 127.0.0.1:{self.internal['orchestrator']}")
        text = text.replace("tenants.example.com", NAMES["tenant-management"])
        text = text.replace("subscriptions.example.com", NAMES["subscription"])
        # So that it is reached quickly.
        limited = text.replace("limit_conn arc_connections 200;", f"limit_conn arc_connections {CONNECTIONS};")
        if limited == text or "10.0.0." in text or "example.com" in text:
            sys.exit("an address of deploy/nginx/site/20-services.conf is not known to scripts/nodes/balancer.py")
        (self.site / "20-services.conf").write_text(limited)

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, "-c", self.folder / "nginx.conf", "-e", self.folder / "log/error.log",
             "-g", f"daemon off; pid {self.folder}/nginx.pid;"],
            stdout=subprocess.DEVNULL, stderr=open(self.folder / "log/start.log", "ab"))
        deadline = time.monotonic() + 30
        while not (self.folder / "nginx.pid").exists() or not (self.folder / "nginx.pid").read_text().strip():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit("nginx does not start:\n" + (self.folder / "log/start.log").read_text()
                         + (self.folder / "log/error.log").read_text())
            time.sleep(0.05)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)

    def errors(self):
        return (self.folder / "log/error.log").read_text().splitlines()

    def requests(self):
        """The access log."""
        lines = (self.folder / "log/access.log").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def moved(self):
        """Requests that went to a second node, by method."""
        return collections.Counter(entry["method"] for entry in self.requests() if "," in entry["node"])
