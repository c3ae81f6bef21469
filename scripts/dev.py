#!/usr/bin/env python3
"""Runs everything on this machine and rebuilds and restarts it whenever a source changes: `make dev`.

What has been built last goes on while a build fails. The data of the stack ($ARC_HOME) stay.
"""
import argparse
import ctypes
import fcntl
import os
import pathlib
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# A change of the settings needs no build, but a restart.
SETTINGS = (".env.docker", ".env.defaults")
# From the request to stop until the request to kill.
PATIENCE_SECONDS = 60
ENDS_WITH_PARENT = 1


def say(text):
    print(f"dev: {text}", flush=True)


def end_with_parent():
    """Runs in a child: it is asked to end when this program is killed."""
    ctypes.CDLL(None).prctl(ENDS_WITH_PARENT, signal.SIGTERM)


class Files:
    """What is watched, by the time and the size of each file."""

    def __init__(self, paths):
        self.paths = [pathlib.Path(path) for path in paths]

    def snapshot(self):
        found = {}
        for path in self.paths:
            for name in self.names(path):
                try:
                    status = os.stat(name)
                except OSError:
                    continue  # It was removed at this moment.
                found[str(name)] = (status.st_mtime_ns, status.st_size)
        return found

    @staticmethod
    def names(path):
        if not path.is_dir():
            yield path
            return
        for folder, folders, names in os.walk(path):
            folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
            for name in names:
                # Editors write these beside the file that is edited.
                if not name.startswith((".", "#")) and not name.endswith(("~", ".swp", ".tmp")):
                    yield os.path.join(folder, name)


def changed(before, after):
    """The files that differ, by their names."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


class Lock:
    """One of these for each stack. The kernel releases it when the process ends, however it ends."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = open(path, "a+")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.file.seek(0)
            raise SystemExit(f"dev: runs already: {self.file.read().strip()}") from None
        self.state("starting")

    def state(self, text):
        """What a second one says."""
        self.file.seek(0)
        self.file.truncate()
        self.file.write(f"process {os.getpid()} in {os.getcwd()}, {text} since {time.strftime('%H:%M:%S')}")
        self.file.flush()


class Development:
    def __init__(self, options):
        self.options = options
        self.files = Files(options.watch)
        home = pathlib.Path(os.environ.get("ARC_HOME") or ".arc")
        self.lock = Lock(home / "dev.lock")
        self.environment = dict(os.environ)
        if not self.environment.get("LOG_LEVEL"):
            self.environment["LOG_LEVEL"] = "debug"
        self.running = None
        self.has_failed_build = False
        self.stops = 0

    def stop(self, number, _):
        self.stops += 1
        say(f"{signal.Signals(number).name}: stopping everything")

    def start_child(self, command):
        # In a group of its own, so that Ctrl-C reaches it once, through this program.
        return subprocess.Popen(
            command, shell=isinstance(command, str), env=self.environment, start_new_session=True,
            preexec_fn=end_with_parent)

    def run(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.stop)
        # Whoever starts this may have blocked them; the children inherit what is blocked.
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        seen = self.files.snapshot()
        self.build_and_restart()
        if not self.stops:
            say("watching " + ", ".join(str(path) for path in self.files.paths) + "; Ctrl-C stops everything")
        while not self.stops:
            time.sleep(self.options.interval)
            self.notice_end()
            now = self.files.snapshot()
            names = changed(seen, now)
            if not names:
                continue
            seen = self.settle(now)
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            say(f"{os.path.relpath(names[0])}{more} changed")
            self.build_and_restart()
        self.end()
        return 0

    def settle(self, now):
        """Waits until nothing changes any more: a branch is checked out file by file."""
        while not self.stops:
            time.sleep(self.options.interval)
            later = self.files.snapshot()
            if later == now:
                break
            now = later
        return now

    def build(self):
        """Whether the build has succeeded. What changes meanwhile, the next round of the main loop sees."""
        say("building")
        self.lock.state("building")
        began = time.monotonic()
        build = self.start_child(self.options.build)
        has_stopped = False
        while build.poll() is None:
            if self.stops and not has_stopped:
                os.killpg(build.pid, signal.SIGTERM)
                has_stopped = True
            time.sleep(0.05)
        if self.stops:
            return False
        seconds = f"{time.monotonic() - began:.1f} s"
        self.has_failed_build = build.returncode != 0
        if self.has_failed_build:
            going_on = "what was built before goes on" if self.is_running else "nothing runs"
            say(f"the build has failed after {seconds} (see above); {going_on}. Waiting for a change")
            return False
        say(f"built in {seconds}")
        return True

    @property
    def is_running(self):
        return self.running is not None and self.running.poll() is None

    def build_and_restart(self):
        if self.build() and not self.stops:
            if self.is_running:
                say("restarting")
                self.end()
            if not self.stops:
                self.running = self.start_child(self.options.run)
        self.lock.state(
            ("the last build has failed, " if self.has_failed_build else "")
            + ("running" if self.is_running else "not running"))

    def notice_end(self):
        """Says once that what runs has ended by itself. Single services are restarted by `arc up`, which says so."""
        if self.running is None or self.running.poll() is None:
            return
        say(f"it has ended with code {self.running.returncode} (see above). Waiting for a change")
        self.running = None
        self.lock.state("not running")

    def end(self):
        """Asks what runs to end; a further Ctrl-C, or a minute, makes it kill what is left."""
        if not self.is_running:
            return
        self.running.send_signal(signal.SIGTERM)
        (asked, deadline) = (self.stops, time.monotonic() + PATIENCE_SECONDS)
        while self.running.poll() is None:
            if self.stops > asked or time.monotonic() > deadline:
                self.running.send_signal(signal.SIGTERM)
                (asked, deadline) = (self.stops, time.monotonic() + PATIENCE_SECONDS)
            time.sleep(0.05)
        self.running = None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--watch", action="append", help="file or folder (default: the sources, the manifest and the .env files)")
    parser.add_argument("--build", default="swift build", help="command that builds (default: %(default)s)")
    parser.add_argument(
        "--run", default="exec .build/debug/arc up", help="command that runs everything until SIGTERM (default: %(default)s)")
    parser.add_argument("--interval", type=float, default=0.5, help="seconds between two looks (default: %(default)s)")
    options = parser.parse_args()
    if options.watch is None:
        os.chdir(ROOT)
        options.watch = ["Sources", "Package.swift", *SETTINGS]
    sys.exit(Development(options).run())


if __name__ == "__main__":
    main()
