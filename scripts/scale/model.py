#!/usr/bin/env python3
"""Computes what carries a load: nodes, connections, storage, and the cost for each tenant.

    model.py                                 the table of docs/scaling.md, for 10 thousand, 1 million and 100 million tenants
    model.py --tenants 250000 --json         one number of tenants, for programs
    model.py --set writes=10 --set core=25   with other assumptions; --assumptions lists them

Times, sizes and memory come from `make bench` (Benchmarks/results/latest.json) and `make scale-data` (Benchmarks/results/scale.json),
or from scripts/scale/measured.json, which has the figures of docs/performance.md and docs/scaling.md. What people do, what machines
can do and what they cost are assumptions. Exits with 2 for wrong arguments.
"""
import argparse
import dataclasses
import json
import math
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
RESULTS = HERE.parent.parent / "Benchmarks" / "results"
SIZES = [10_000, 1_000_000, 100_000_000]
DAY = 86_400

# Name: default, meaning. A tenant's day, then limits of machines and engines, then prices.
ASSUMPTIONS = {
    "reads": (100, "requests for one row, of each tenant and day"),
    "lists": (10, "lists with related rows, of each tenant and day"),
    "writes": (3, "creations and changes, of each tenant and day"),
    "hits": (0.8, "share of the reads that a cache answers"),
    "peak": (4, "the busiest second, as a multiple of the average one"),
    "utilization": (0.5, "share of the processors that the busiest second may use"),
    "events": (1, "events of each write"),
    "event_bytes": (1500, "of an event in an outbox, on the bus and in the feed, each, with indexes"),
    "audit_bytes": (900, "of a row of the audit log with its indexes"),
    "events_days": (7, "OUTBOX_RETENTION_HOURS and MESSAGE_BUS_RETENTION_HOURS"),
    "audit_days": (730, "AUDIT_RETENTION_DAYS"),
    "growth": (1.3, "room in files of PostgreSQL for dead rows and growth"),
    "hot": (0.1, "share of rows and indexes that are in use and should fit into memory"),
    "cores_of_node": (4, "processors of a node of a service"),
    "pool": (15, "connections of a node: DB_MAX_CONNECTIONS and five more"),
    "database_cores": (64, "processors of the largest database server"),
    "database_memory": (512, "GB of memory of the largest database server"),
    "database_disk": (8000, "GB of storage of the largest database server"),
    "database_connections": (400, "connections that PostgreSQL takes without a pooler"),
    "bus_events": (520, "events in a second that the bus in PostgreSQL carries (31,400 a minute)"),
    "redis_commands": (80_000, "commands in a second of one Redis server"),
    "redis_row_bytes": (1200, "of a cached row"),
    "core": (20, "price of a processor for a month"),
    "memory": (3, "price of a GB of memory for a month"),
    "storage": (0.12, "price of a GB of database storage for a month"),
    "backup": (0.03, "price of a GB of backup for a month"),
}


class Mistake(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Measured:
    """What one unit of work takes."""

    read_micros: float          # processor time of a service for a cached read
    list_micros: float
    write_micros: float
    database_read_micros: float     # of PostgreSQL, for a row that is in no cache
    database_list_micros: float
    database_write_micros: float
    bytes_of_tenant: float
    node_megabytes: float
    count_millis: float         # for each million rows
    search_millis: float

    @staticmethod
    def of(bench, scale):
        try:
            best = {job: max(runs, key=lambda run: run["perSecond"]) for job, runs in bench["targets"]["arc"]["runs"].items()}
            small, large = sorted(scale, key=lambda each: each["tenants"])
            more = large["tenants"] - small["tenants"]
            p50 = {name: figures["p50"] for name, figures in large["requests"].items()}
            cores = bench["cores"] * 1e6
            uncached = p50["tenant by id, another each time"] - p50["tenant by id, cached"]
            return Measured(
                read_micros=best["read"]["cpuMicroseconds"], list_micros=best["list"]["cpuMicroseconds"],
                write_micros=best["create"]["cpuMicroseconds"],
                # An upper bound: the time that a client waits longer.
                database_read_micros=max(uncached, 0.1) * 1000,
                # What the machine did besides: the rest of its processors was PostgreSQL's.
                database_list_micros=max(cores / best["list"]["perSecond"] - best["list"]["cpuMicroseconds"], 0),
                database_write_micros=cores / max(bench["pgbench"]),
                bytes_of_tenant=(sum(large["bytes"].values()) - sum(small["bytes"].values())) / more,
                node_megabytes=max(large["memory"].values()) / 1e6,
                count_millis=p50["subscriptions/count"] / (3 * large["tenants"]) * 1e6,
                search_millis=p50["tenants name ilike %rare%, 20"] / large["tenants"] * 1e6)
        except (KeyError, IndexError, TypeError, ValueError, ZeroDivisionError) as error:
            raise Mistake(f"the measured figures cannot be used: {error!r}") from error


def compute(tenants, measured, assume):
    """Everything about a number of tenants."""
    a = assume
    second = {kind: tenants * a[kind] / DAY * a["peak"] for kind in ("reads", "lists", "writes")}
    misses = second["reads"] * (1 - a["hits"])
    service = (second["reads"] * measured.read_micros + second["lists"] * measured.list_micros
               + second["writes"] * measured.write_micros) / 1e6
    database_reads = (misses * measured.database_read_micros + second["lists"] * measured.database_list_micros) / 1e6
    # The second part: what an event costs on its way is about as much as the write itself.
    database_writes = second["writes"] * measured.database_write_micros * (1 + a["events"]) / 1e6
    service, database_reads, database_writes = (
        cores / a["utilization"] for cores in (service, database_reads, database_writes))

    # Two of each service at least, so that one may go.
    busy = max(2, math.ceil(service / a["cores_of_node"]))
    nodes = {"tenant management": max(2, math.ceil(busy / 2)), "subscription": max(2, math.ceil(busy / 2)), "orchestrator": 2}
    connections = sum(nodes.values()) * a["pool"]

    events = second["writes"] * a["events"]
    writes_of_day = tenants * a["writes"]
    gigabytes = {
        "rows": tenants * measured.bytes_of_tenant * a["growth"] / 1e9,
        "events": writes_of_day * a["events"] * 3 * a["event_bytes"] * a["events_days"] / 1e9,
        "audit log": writes_of_day * a["audit_bytes"] * a["audit_days"] / 1e9,
    }
    disk = sum(gigabytes.values())
    memory = max(2, (gigabytes["rows"] * a["hot"] + gigabytes["events"] * a["hot"]))
    # Writes, storage and memory need more primaries; reads alone need replicas.
    shards = max(1, math.ceil(database_writes / a["database_cores"]), math.ceil(disk / a["database_disk"]),
                 math.ceil(memory / a["database_memory"]))
    cores = max(2, math.ceil((database_reads + database_writes) / shards))
    replicas = 1 + max(0, math.ceil((database_reads + database_writes) / shards / a["database_cores"]) - 1)
    server_cores = min(cores, a["database_cores"])
    server_memory = max(4, math.ceil(memory / shards * 1.5))
    servers = shards * (1 + replicas)

    redis = {"gigabytes": tenants * a["hot"] * a["redis_row_bytes"] / 1e9, "commands": second["reads"] + 3 * second["writes"]}
    redis_servers = max(1, math.ceil(redis["commands"] / a["redis_commands"]), math.ceil(redis["gigabytes"] / 50))

    cost = {
        "services": sum(nodes.values()) * (a["cores_of_node"] * a["core"] + 1 * a["memory"]),
        "databases": servers * (server_cores * a["core"] + server_memory * a["memory"] + disk / shards * a["storage"]),
        "Redis": 2 * redis_servers * (2 * a["core"] + max(1, redis["gigabytes"] / redis_servers * 1.5) * a["memory"]),
        "backups": disk * 2 * a["backup"],
    }
    limits = {
        "processors for writes": database_writes / a["database_cores"],
        "processors for reads": (database_reads + database_writes) / a["database_cores"],
        "storage": disk / a["database_disk"],
        "memory": memory / a["database_memory"],
        "connections": connections / a["database_connections"],
        "events on the bus in PostgreSQL": events / a["bus_events"],
        "commands of Redis": redis["commands"] / a["redis_commands"],
        "counts of all subscriptions (10 s)": measured.count_millis * 3 * tenants / 1e6 / 10_000,
        "searches by parts of names (10 s)": measured.search_millis * tenants / 1e6 / 10_000,
    }
    return {
        "tenants": tenants, "requests": {kind: round(value, 1) for kind, value in second.items()},
        "events": round(events, 1), "nodes": nodes, "serviceCores": round(service, 1), "connections": connections,
        "pooler": connections > a["database_connections"],
        "bus": "PostgreSQL" if events <= a["bus_events"] else "SQS and EventBridge, or BullMQ",
        "databases": {
            "primaries": shards, "replicasOfEach": replicas, "cores": server_cores, "memoryGB": server_memory,
            "diskGB": round(disk / shards, 1)},
        "gigabytes": {name: round(value, 1) for name, value in gigabytes.items()},
        "redis": {"servers": redis_servers, "gigabytes": round(redis["gigabytes"], 2), "commands": round(redis["commands"])},
        "cost": {name: round(value) for name, value in cost.items()}, "costOfMonth": round(sum(cost.values())),
        "costOfTenant": round(sum(cost.values()) / tenants, 5),
        "limits": {name: round(value, 3) for name, value in sorted(limits.items(), key=lambda each: -each[1])},
    }


def number(value):
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def table(results):
    """The results as a table of Markdown, a column for each number of tenants."""
    first = [next(iter(each["limits"].items())) for each in results]
    rows = [
        ("busiest second: reads, lists, writes", lambda r: ", ".join(number(v) for v in r["requests"].values())),
        ("nodes: tenant management, subscription, orchestrator", lambda r: ", ".join(str(v) for v in r["nodes"].values())),
        ("connections to PostgreSQL", lambda r: number(r["connections"]) + (" (PgBouncer)" if r["pooler"] else "")),
        ("primaries × (1 + replicas)", lambda r: "{primaries} × (1 + {replicasOfEach})".format(**r["databases"])),
        ("each: cores, GB of memory, GB of storage",
         lambda r: "{}, {}, {}".format(r["databases"]["cores"], r["databases"]["memoryGB"], number(r["databases"]["diskGB"]))),
        ("GB: rows, events, audit log", lambda r: ", ".join(number(v) for v in r["gigabytes"].values())),
        ("bus", lambda r: f"{r['bus']} ({number(r['events'])} events/s)"),
        ("Redis servers, GB", lambda r: f"{r['redis']['servers']}, {number(r['redis']['gigabytes'])}"),
        ("cost of a month", lambda r: number(r["costOfMonth"])),
        ("… of a tenant", lambda r: f"{r['costOfTenant']:.4f}"),
    ]
    lines = ["| | " + " | ".join(f"{each['tenants']:,} tenants" for each in results) + " |", "|---|" + "---|" * len(results)]
    lines += [f"| {name} | " + " | ".join(cell(each) for each in results) + " |" for name, cell in rows]
    lines.append("| first limit of one server (1 is reached) | "
                 + " | ".join(f"{name}: {number(share) if share >= 10 else f'{share:.2f}'}" for name, share in first) + " |")
    return "\n".join(lines)


def load(path, fallback, key):
    """Figures from a file, or the committed ones when there is none."""
    if path is None:
        path = RESULTS / fallback
        if not path.exists():
            return json.loads((HERE / "measured.json").read_text())[key], "scripts/scale/measured.json"
    try:
        return json.loads(pathlib.Path(path).read_text()), str(path)
    except (OSError, ValueError) as error:
        raise Mistake(f"{path}: {error}") from error


def assumptions(changes):
    values = {name: value for name, (value, _) in ASSUMPTIONS.items()}
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals or name not in ASSUMPTIONS:
            raise Mistake(f"--set {change}: NAME=NUMBER with a name of --assumptions")
        try:
            value = float(text)
        except ValueError:
            raise Mistake(f"--set {change}: {text!r} is not a number") from None
        if not (math.isfinite(value) and value >= 0) or (value == 0 and name not in ("reads", "lists", "writes", "hits", "events")):
            raise Mistake(f"--set {change}: must be above 0")
        if name in ("hits", "utilization", "hot") and value > 1:
            raise Mistake(f"--set {change}: is a share, at most 1")
        values[name] = int(value) if value == int(value) else value
    return values


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tenants", type=int, action="append", help="a number of tenants (default 10 thousand, 1 and 100 million)")
    parser.add_argument("--bench", help="results of make bench")
    parser.add_argument("--scale", help="results of make scale-data")
    parser.add_argument("--committed", action="store_true", help="use measured.json, whatever was measured here")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=NUMBER", help="another assumption")
    parser.add_argument("--assumptions", action="store_true", help="list the assumptions")
    parser.add_argument("--json", action="store_true", help="print a JSON document")
    options = parser.parse_args(arguments)
    try:
        assume = assumptions(options.set)
        if options.assumptions:
            for name, (_, meaning) in ASSUMPTIONS.items():
                print(f"{name:22}{assume[name]:>10}  {meaning}")
            return 0
        if any(not 1 <= tenants <= 10_000_000_000 for tenants in options.tenants or []):
            raise Mistake("--tenants must be 1 to 10000000000")
        committed = HERE / "measured.json"
        if options.committed:
            figures = json.loads(committed.read_text())
            bench, scale, sources = figures["bench"], figures["scale"], [str(committed)]
        else:
            (bench, first), (scale, second) = load(options.bench, "latest.json", "bench"), load(options.scale, "scale.json", "scale")
            sources = sorted({first, second})
        results = [compute(tenants, Measured.of(bench, scale), assume) for tenants in options.tenants or SIZES]
    except Mistake as mistake:
        print(f"model.py: {mistake}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps({"sources": sources, "assumptions": assume, "results": results}, indent=1))
    else:
        print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
