"""What PostgreSQL itself can do on this machine, measured with pgbench."""
import pathlib
import re
import subprocess
import sys


def transactions_per_second(file, environment, connections, seconds):
    """What pgbench measures with a script."""
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    output = subprocess.run(
        [str(folders[-1] / "pgbench") if folders else "pgbench", "-n", "-M", "prepared", "-c", str(connections), "-j", "1",
         "-T", str(seconds), "-f", str(file)],
        env=environment, capture_output=True, text=True, timeout=seconds + 30)
    match = re.search(r"^tps = ([\d.]+)", output.stdout, re.M)
    if output.returncode != 0 or not match:
        raise RuntimeError(f"pgbench: {output.stderr[-800:]}")
    return float(match.group(1))


class Inserts:
    """Plain inserts by pgbench: rows of a table of the service without what the service has added to it: no triggers and no policies,
    but the same columns and indexes."""

    def __init__(self, stack, database, table, values=None):
        """`values` replaces those of the columns of a row that is there already; each is an expression of SQL."""
        self.stack, self.database, self.table = stack, database, table
        stack.sql(database, f"CREATE SCHEMA IF NOT EXISTS measured;"
                            f" CREATE TABLE IF NOT EXISTS measured.{table} (LIKE main.{table} INCLUDING DEFAULTS INCLUDING INDEXES)")
        replaced = values or {}
        columns = stack.sql(
            database, f"SELECT key, quote_nullable(value) FROM (SELECT * FROM main.{table} LIMIT 1) AS row,"
                      " jsonb_each_text(to_jsonb(row))")
        self.names = ", ".join(f'"{name}"' for name, _ in columns)
        self.values = ", ".join(replaced.get(name, value) for name, value in columns)

    def per_second(self, connections, seconds, rows=1):
        """Rows a second, with so many rows in each transaction."""
        script = f"INSERT INTO measured.{self.table} ({self.names}) SELECT {self.values} FROM generate_series(1, {rows})"
        if rows == 1:
            script = f"INSERT INTO measured.{self.table} ({self.names}) VALUES ({self.values})"
        if re.search(r":[A-Za-z0-9_]", script.replace("::", "")):
            sys.exit(f"pgbench would take a part of this for a variable: {script}")
        file = pathlib.Path(self.stack.home).parent / f"insert-{self.table}.sql"
        file.write_text(script + ";\n")
        return transactions_per_second(file, self.stack.superuser(self.database), connections, seconds) * rows
