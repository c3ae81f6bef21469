"""Machines of a test: network namespaces on one bridge, with a separate view of processes and mounts.

The whole test runs in namespaces of its own (`separate`): its networks, mounts and processes are not seen outside, and the kernel
removes all of them when the test ends, however it ends. `Machine` is one of the machines inside.
"""
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

NETWORK = "10.77.0"
# The bridge, and the machine of the services.
HERE = f"{NETWORK}.1"
INSIDE = "ARC_HA_INSIDE"


class Unavailable(Exception):
    """The test cannot run on this machine."""


def require(programs, hint):
    """Raises Unavailable unless namespaces can be made and the programs are there."""
    if os.geteuid() != 0:
        raise Unavailable("network namespaces need root")
    missing = [name for name in (*programs, "ip", "unshare", "nsenter", "setpriv") if not shutil.which(name)]
    if missing:
        raise Unavailable(f"these programs are missing: {', '.join(missing)} ({hint})")
    probe = subprocess.run(
        ["unshare", "--fork", "--pid", "--mount-proc", "--net", "ip", "link", "add", "arc0", "type", "bridge"],
        capture_output=True, text=True)
    if probe.returncode != 0:
        raise Unavailable(f"this machine allows no namespaces with a bridge: {probe.stderr.strip()}")


def separate(arguments, folder, seconds):
    """Runs this program again in namespaces of its own, for at most this long, and returns its exit status (None: time ran out).
    When this process ends, everything in there ends with it."""
    process = subprocess.Popen(
        ["unshare", "--fork", "--pid", "--kill-child", "--mount-proc", "--net", "--mount", "--propagation", "private",
         sys.executable, *arguments], env=dict(os.environ, **{INSIDE: str(folder)}), preexec_fn=_die_with_parent)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        # The kernel kills process 1 of the namespace when `unshare` ends, and with it all the others.
        if process.poll() is None:
            process.kill()
            process.wait()


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def become_child_of_init():
    """Process 1 of the namespace waits for whatever loses its parent, so that nothing stays behind as a zombie, which Patroni would
    take for a running server. The test goes on in a child."""
    child = os.fork()
    if child == 0:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            os._exit(1)
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def memory(folder, least):
    """Mounts memory at a folder, where there is enough (in bytes): it is gone at once at the end, and disks are not measured."""
    folder.mkdir(exist_ok=True)
    available = next(
        int(line.split()[1]) * 1024 for line in pathlib.Path("/proc/meminfo").read_text().splitlines()
        if line.startswith("MemAvailable:"))
    if available > least:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={available * 3 // 4}", "tmpfs", str(folder)], check=True)
    return folder


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


def prepare_network():
    """The bridge, and the place of the names of namespaces."""
    pathlib.Path("/run/netns").mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run/netns"], check=True)
    ip("link", "set", "lo", "up")
    ip("link", "add", "switch", "type", "bridge")
    ip("addr", "add", f"{HERE}/24", "dev", "switch")
    ip("link", "set", "switch", "up")


class Machine:
    """A network namespace with an address on the bridge, in which processes see some folders of their own."""

    def __init__(self, name, number, folders):
        """- folders: what the machine has at which path, as path to the folder that is mounted there."""
        self.name, self.address, self.folders = name, f"{NETWORK}.{10 + number}", folders
        self.cable = f"to-{name}"
        ip("netns", "add", name)
        ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("link", "set", self.cable, "master", "switch", "up")
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "addr", "add", f"{self.address}/24", "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")

    def start(self, command, user, log, environment=None):
        """Starts a program as a user."""
        mounts = "".join(f"mount --bind '{folder}' '{path}' && " for path, folder in self.folders.items())
        as_user = f"setpriv --reuid={user} --regid={user} --init-groups" if user else ""
        return subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{self.name}", "unshare", "--mount", "--propagation", "private", "sh", "-c",
             f'{mounts}exec {as_user} "$@"', "sh", *command],
            env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")

    def processes(self):
        found = subprocess.run(["ip", "netns", "pids", self.name], check=True, capture_output=True, text=True).stdout
        return [int(pid) for pid in found.split()]

    def kill_all(self):
        """The machine loses its power. What it has sent is still on its way; what is on its disk stays."""
        deadline = time.monotonic() + 30
        while processes := self.processes():
            for pid in processes:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} still has processes")
            time.sleep(0.02)

    def cut_off(self):
        """Nothing gets in or out any more, and nobody is told."""
        ip("link", "set", self.cable, "down")

    def connect(self):
        ip("link", "set", self.cable, "up")

    def leave(self, others):
        """No answer reaches these machines any more; the rest of the network does not notice."""
        for other in others:
            ip("-n", self.name, "route", "add", "blackhole", f"{other.address}/32")

    def rejoin(self, others):
        for other in others:
            ip("-n", self.name, "route", "del", "blackhole", f"{other.address}/32")
