#!/usr/bin/env python3
"""Backs a running system up, destroys its databases, and restores them to a second before a mistake.

The system is `arc up` with a private home and all databases in one cluster, whose log goes to a repository of pgBackRest with the
settings of deploy/backup. While tenants are created, a full backup and an incremental one are made. Then somebody deletes the
contacts of all tenants, renames the tenants, and drops the schema of one of them; further tenants are created. The cluster is killed
and its files are deleted. After the restore, everything that was acknowledged before the mistake must be there, nothing of the
mistake, `arc tenants verify` must find no difference, and new tenants must become active. Figures are printed; everything is
removed at the end.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import uuid

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(SCRIPTS))

from stack import Stack, kill, new_tenant, private_folder

STANZA = "tenant-management"
CONFIGURATION = SCRIPTS.parent / "deploy/backup/pgbackrest.conf"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tenants", type=int, default=10, help="before each backup and after (1 to 1000, default 10)")
    parser.add_argument("--patience", type=int, default=300, help="seconds for each step (10 to 3600, default 300)")
    parser.add_argument("--binary", default=".build/debug/arc", help="the program (default .build/debug/arc)")
    options = parser.parse_args()
    if not 1 <= options.tenants <= 1000 or not 10 <= options.patience <= 3600:
        parser.error("--tenants must be 1 to 1000, --patience 10 to 3600")
    options.binary = str(pathlib.Path(options.binary).resolve())
    return options


def as_server_user(*command):
    """PostgreSQL runs as postgres if we are root, and so does what touches its files."""
    if os.geteuid() == 0:
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
    return list(command)


class Repository:
    """pgBackRest with the settings that are shipped, on a private repository."""

    def __init__(self, folder, stack, patience):
        self.folder, self.stack, self.patience = folder, stack, patience
        self.data = stack.home / "data/postgresql"
        state = stack.superuser("postgres")
        self.environment = {
            "PATH": os.environ["PATH"], "PGHOST": "127.0.0.1", "PGPASSWORD": state["PGPASSWORD"], "TZ": "UTC",
            "PGBACKREST_CONFIG": str(CONFIGURATION), "PGBACKREST_REPO1_CIPHER_PASS": uuid.uuid4().hex + uuid.uuid4().hex,
            "PGBACKREST_REPO1_PATH": str(folder / "repository"), "PGBACKREST_LOG_PATH": str(folder / "log"),
            "PGBACKREST_LOCK_PATH": str(folder / "lock"), "PGBACKREST_SPOOL_PATH": str(folder / "spool"),
            "PGBACKREST_PG1_PATH": str(self.data), "PGBACKREST_PG1_PORT": state["PGPORT"], "PGBACKREST_PG1_USER": "postgres",
            "PGBACKREST_STANZA": STANZA, "STATE_DIRECTORY": str(folder / "state"),
        }
        for name in ("repository", "log", "lock", "spool", "state"):
            (folder / name).mkdir()
            if os.geteuid() == 0:
                shutil.chown(folder / name, "postgres", "postgres")
        self.push, self.get = self.program("archive-push"), self.program("archive-get")

    def program(self, command):
        """A program that runs pgBackRest with these variables, because PostgreSQL starts it without them. Nobody else may read the
        passphrase in it."""
        program = self.folder / f"pgbackrest-{command}"
        variables = " ".join(f"{name}='{value}'" for name, value in self.environment.items() if name != "PATH")
        program.write_text(f"#!/bin/sh\nexec env {variables} pgbackrest {command} \"$@\"\n")
        program.chmod(0o500)
        if os.geteuid() == 0:
            shutil.chown(program, "postgres", "postgres")
        return program

    def run(self, *command, program="pgbackrest"):
        """Returns the output and the seconds that it took."""
        began = time.monotonic()
        try:
            result = subprocess.run(
                as_server_user(program, *command), env=self.environment, capture_output=True, text=True,
                timeout=self.patience, cwd="/")
        except FileNotFoundError:
            sys.exit("pgbackrest is missing: install Debian's package pgbackrest")
        if result.returncode != 0:
            sys.exit(f"{program} {' '.join(command)} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
        return result.stdout, time.monotonic() - began

    def archive(self):
        """Lets the cluster send its log here, as deploy/backup/postgresql.conf does."""
        for line in (CONFIGURATION.parent / "postgresql.conf").read_text().splitlines():
            name, separator, value = line.partition(" = ")
            if not separator or line.startswith("#"):
                continue
            value = value.strip("'").replace("pgbackrest --stanza=STANZA archive-push", str(self.push))
            self.stack.sql("postgres", f"ALTER SYSTEM SET {name} = '{value}'")


class Load:
    """Creates tenants one after the other until it is stopped. `acknowledged` has the ids of those whose creation was answered."""

    def __init__(self, stack):
        self.stack, self.token, self.acknowledged, self.ends = stack, stack.token(), [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ends.is_set():
            self.acknowledged.append(create(self.stack, self.token))

    def wait_for(self, count, patience):
        deadline = time.monotonic() + patience
        while len(self.acknowledged) < count:
            if time.monotonic() > deadline or not self.thread.is_alive():
                sys.exit(f"only {len(self.acknowledged)} tenants were created")
            time.sleep(0.1)

    def stop(self):
        self.ends.set()
        self.thread.join()
        return self.acknowledged


def create(stack, token):
    request = urllib.request.Request(
        stack.url("tenant-management") + "/tenants", json.dumps(new_tenant("Kept")).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as response:
        return json.load(response)["id"]


def wait_until_active(stack, tenants, patience):
    deadline = time.monotonic() + patience
    while True:
        active = {row[0] for row in stack.sql("tenant_mgmt_db", "SELECT id FROM main.tenants WHERE status = 0")}
        missing = set(tenants) - active
        if not missing:
            return
        if time.monotonic() > deadline:
            sys.exit(f"{len(missing)} of {len(tenants)} tenants are not active")
        time.sleep(0.2)


def content(stack, tenants):
    """What must be the same after the restore."""
    names = ",".join(tenants)
    return {
        "tenants": stack.sql("tenant_mgmt_db", f"SELECT id, name, key, status FROM main.tenants WHERE id = ANY ('{{{names}}}') ORDER BY 1"),
        "contacts": stack.sql("tenant_mgmt_db", f"SELECT id, tenant_id, email FROM main.contacts WHERE tenant_id = ANY ('{{{names}}}') ORDER BY 1"),
        "resources": stack.sql("tenant_mgmt_db", f"SELECT id, tenant_id, type FROM main.resources WHERE tenant_id = ANY ('{{{names}}}') ORDER BY 1"),
        "schemas": stack.sql("application_db", "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tenant%' ORDER BY 1"),
    }


def mistake(stack):
    """Returns the schema that is lost."""
    schema = stack.sql("application_db", "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tenant%' ORDER BY 1 LIMIT 1")[0][0]
    stack.sql("application_db", f"DROP SCHEMA \"{schema}\" CASCADE")
    stack.sql("tenant_mgmt_db", "BEGIN; DELETE FROM main.contacts; UPDATE main.tenants SET name = 'Oops'; COMMIT")
    return schema


def destroy(stack):
    """Kills the system and deletes the cluster."""
    processes = stack.processes()
    kill(stack.process.pid)
    for pid in [pid for found in processes.values() for pid in (found if isinstance(found, list) else [found])]:
        kill(pid)
    stack.process.wait(60)
    deadline = time.monotonic() + 60
    data = stack.home / "data/postgresql"
    while True:
        try:
            shutil.rmtree(data)
            return
        except OSError:
            # Processes of the cluster that are about to end still write into it.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def recover(stack, repository, target, patience):
    """Restores the files and lets PostgreSQL replay the log up to the target. Returns the seconds of both."""
    repository.data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(repository.data, "postgres", "postgres")
    _, restored = repository.run("--type=time", f"--target={target}", "--target-action=promote", "restore")
    command = repository.data / "postgresql.auto.conf"
    # The archive is read with the same settings as it is written.
    command.write_text(command.read_text() + f"restore_command = '{repository.get} %f \"%p\"'\n")
    programs = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
    state = stack.superuser("postgres")
    began = time.monotonic()
    with open(repository.folder / "recovery.log", "wb") as log:
        server = subprocess.Popen(
            as_server_user(
                f"{programs}/postgres", "-D", str(repository.data), "-c", "listen_addresses=127.0.0.1", "-c",
                f"port={state['PGPORT']}", "-c", "unix_socket_directories=", "-c", "max_connections=200"),
            stdout=log, stderr=log, cwd="/")
        try:
            deadline = time.monotonic() + patience
            while True:
                try:
                    if stack.sql("postgres", "SELECT pg_is_in_recovery()") == [["f"]]:
                        break
                except subprocess.CalledProcessError:
                    pass
                if server.poll() is not None or time.monotonic() > deadline:
                    sys.exit("the recovery has failed:\n" + (repository.folder / "recovery.log").read_text()[-3000:])
                time.sleep(0.2)
            replayed = time.monotonic() - began
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGINT)
                server.wait(120)
    return restored, replayed


def verify(stack):
    for command in (["tenants", "verify"], ["audit", "verify"]):
        result = subprocess.run([stack.binary, *command], env=stack.environment, capture_output=True, text=True, timeout=300)
        if result.returncode != 0:
            sys.exit(f"arc {' '.join(command)} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
        print(f"arc {' '.join(command)}: {result.stdout.strip().splitlines()[-1] if result.stdout.strip() else 'clean'}")


def backup(repository, kind):
    """As the timer does it: the first backup is a full one."""
    _, seconds = repository.run(STANZA, program=str(CONFIGURATION.parent / "arc-backup"))
    newest = json.loads(repository.run("info", "--output=json")[0])[0]["backup"][-1]
    info = newest["info"]
    if newest["type"] != kind:
        sys.exit(f"the backup is {newest['type']}, not {kind}")
    print(f"{kind} backup under load: {seconds:.1f} s, {info['size'] / 1e6:.0f} MB of databases,"
          f" {info['repository']['delta'] / 1e6:.1f} MB new in the repository", flush=True)


def now(stack):
    return stack.sql("postgres", "SELECT to_char(clock_timestamp(), 'YYYY-MM-DD HH24:MI:SS.USOF')")[0][0]


def rehearse(folder, options):
    stack = Stack(options.binary, folder / "home")
    load = None
    try:
        stack.start()
        repository = Repository(folder, stack, options.patience)
        repository.archive()
        # archive_mode needs a restart.
        stack.stop()
        stack.start()
        repository.run("stanza-create")
        repository.run("check")
        load = Load(stack)
        load.wait_for(options.tenants, options.patience)
        backup(repository, "full")
        load.wait_for(len(load.acknowledged) + options.tenants, options.patience)
        backup(repository, "incr")
        load.wait_for(len(load.acknowledged) + options.tenants, options.patience)
        kept = load.stop()
        wait_until_active(stack, kept, options.patience)
        before = content(stack, kept)
        if not before["schemas"]:
            sys.exit("no tenant has a schema: nothing could be lost")
        # A second before the mistake, and a moment after the last change.
        time.sleep(1)
        target = now(stack)
        time.sleep(1)
        schema = mistake(stack)
        lost = [create(stack, load.token) for _ in range(3)]
        print(f"{len(kept)} tenants were created; then all contacts were deleted, all tenants renamed, {schema} dropped,"
              f" and {len(lost)} further tenants created", flush=True)
        repository.run("check")
        destroy(stack)
        print("the cluster was killed and its files were deleted", flush=True)
        began = time.monotonic()
        restored, replayed = recover(stack, repository, target, options.patience)
        # Redis may have rows that are newer than the databases.
        shutil.rmtree(stack.home / "data/redis", ignore_errors=True)
        stack.start()
        print(f"restored to {target}: files {restored:.1f} s, log {replayed:.1f} s, all services ready after"
              f" {time.monotonic() - began:.1f} s", flush=True)
        after = content(stack, kept)
        for what, rows in before.items():
            if after[what] != rows:
                sys.exit(f"{what} differ after the restore: {len(rows)} before, {len(after[what])} after")
        found = stack.sql("tenant_mgmt_db", f"SELECT id FROM main.tenants WHERE id = ANY ('{{{','.join(lost)}}}')")
        if found:
            sys.exit(f"{len(found)} tenants of after the mistake are there")
        print(f"all {len(kept)} tenants with {len(before['contacts'])} contacts, {len(before['resources'])} resources and"
              f" {len(before['schemas'])} schemas are as before the mistake")
        verify(stack)
        later = create(stack, stack.token())
        wait_until_active(stack, [later], options.patience)
        print("a new tenant became active")
    finally:
        if load is not None:
            load.ends.set()
        stack.stop()


def main():
    options = arguments()
    with private_folder("arc-backup-") as folder:
        rehearse(folder, options)
    print("the backup can be restored")


if __name__ == "__main__":
    main()
