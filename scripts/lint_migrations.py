#!/usr/bin/env python3
"""Refuses statements in migrations that would keep others from a large table for longer than a moment.

    lint_migrations.py            checks all migrations of Sources that are not in released-migrations.txt
    lint_migrations.py FILE...    checks these files

A migration runs in one transaction, so what it locks stays locked until its end, while services of the former release go on.
Tables that the same file creates are free. An index of another table is built by a migration without a transaction, which begins
with that line and has nothing else. What a failed attempt has left is dropped first:

    -- Without a transaction
    DROP INDEX CONCURRENTLY IF EXISTS main.idx_tenants_name;
    CREATE INDEX CONCURRENTLY idx_tenants_name ON main.tenants (name, id);

Where a lock does no harm, a comment right before the statement says why:

    -- Locks: there is one row in this table.
    CREATE INDEX idx_role_state ON main.role_state (version);
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RELEASED = ROOT / "scripts/released-migrations.txt"
# A shorter text is not accepted as a reason.
SHORTEST_REASON = 15

TABLE = r"(?:ONLY\s+)?(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(?P<table>[\w.\"]+)"
# What may stand behind DEFAULT without a rewrite of the table: constants.
CONSTANT = re.compile(
    r"DEFAULT\s+(?:'(?:[^']|'')*'(?:::[\w. \[\]()]+)?|[-+]?[\d.]+|TRUE|FALSE|NULL|CURRENT_(?:TIMESTAMP|DATE)"
    r"|'(?:[^']|'')*'|ARRAY\[\](?:::[\w\[\]]+)?)(?=\s|,|$)", re.I)


def statements(text):
    """Each statement with the comment before it. Bodies of functions are opaque."""
    pieces = re.split(r"(\$\w*\$)", text)
    body, opened = "", None
    for piece in pieces:
        if opened is None and re.fullmatch(r"\$\w*\$", piece):
            opened = piece
        elif opened is not None and piece == opened:
            opened = None
            body += " '' "
        elif opened is None:
            body += piece
    comment, current, result = "", "", []
    for line in body.split("\n"):
        stripped = line.strip()
        if stripped.startswith("--") and not current.strip():
            comment += stripped[2:].strip() + " "
            continue
        current += re.sub(r"--.*$", "", line) + "\n"
        while ";" in without_strings(current):
            end = without_strings(current).index(";")
            statement = " ".join(current[:end].split())
            if statement:
                result.append((statement, comment))
            current, comment = current[end + 1:], ""
        if not stripped:
            comment = "" if not current.strip() else comment
    if current.strip():
        result.append((" ".join(current.split()), comment))
    return result


def without_strings(text):
    return re.sub(r"'(?:[^']|'')*'", lambda match: "'" + " " * (len(match.group()) - 2) + "'", text)


def name_of(table):
    return table.replace('"', "").strip().rpartition(".")[2].lower()


def actions(rest):
    """The comma-separated actions of ALTER TABLE."""
    depth, start, plain = 0, 0, without_strings(rest)
    for index, letter in enumerate(plain):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            yield rest[start:index].strip()
            start = index + 1
    yield rest[start:].strip()


def problem_of_action(action, table, validated):
    """Why this action of ALTER TABLE takes long, or None."""
    if re.match(r"ADD\s+(?:CONSTRAINT\s+\S+\s+)?(?:CHECK|FOREIGN KEY)\b", action, re.I):
        if not re.search(r"\bNOT\s+VALID\b", action, re.I):
            return "reads the whole table: add it NOT VALID, and validate it in a later migration"
        return None
    if re.match(r"ADD\s+(?:CONSTRAINT\s+\S+\s+)?(?:PRIMARY KEY|UNIQUE|EXCLUDE)\b", action, re.I):
        return None if re.search(r"\bUSING\s+INDEX\b", action, re.I) else "builds an index while nobody can write"
    column = re.match(r"ADD\s+(?:COLUMN\s+)?(?:IF\s+NOT\s+EXISTS\s+)?(\S+)\s+(.*)", action, re.I)
    if column and column.group(1).upper() != "CONSTRAINT":
        rest = column.group(2)
        if re.search(r"\bGENERATED\b|\b(?:big|small)?serial\b", rest, re.I):
            return "rewrites the table for a generated value: add the column without one, and fill it in parts"
        if re.search(r"\b(?:PRIMARY KEY|UNIQUE)\b", rest, re.I):
            return "builds an index while nobody can write"
        if re.search(r"\bDEFAULT\b", rest, re.I) and not CONSTANT.search(rest):
            return "rewrites the table, because the default is not a constant: set the default after adding the column"
        if re.search(r"\bNOT\s+NULL\b", rest, re.I) and not re.search(r"\bDEFAULT\b", rest, re.I):
            return "fails when there are rows: give the column a constant default"
        return None
    if re.match(r"ALTER\s+(?:COLUMN\s+)?\S+\s+(?:SET\s+DATA\s+)?TYPE\b", action, re.I):
        return "may rewrite the table: add another column, and fill it in parts"
    required = re.match(r"ALTER\s+(?:COLUMN\s+)?(\S+)\s+SET\s+NOT\s+NULL", action, re.I)
    if required:
        if f"{table}_{required.group(1).strip(chr(34)).lower()}_not_null" in validated:
            return None
        return (f"reads the whole table: validate a CHECK of the name {table}_{required.group(1)}_not_null in an earlier"
                " migration")
    if re.match(r"SET\s+(?:TABLESPACE|LOGGED|UNLOGGED|ACCESS METHOD|WITH)", action, re.I):
        return "rewrites the table"
    return None


def problems_without_transaction(parts):
    """What is wrong with a migration whose statements run one by one."""
    found, dropped = [], set()
    for statement, _ in parts:
        drop = re.match(r"DROP\s+INDEX\s+CONCURRENTLY\s+IF\s+EXISTS\s+([\w.\"]+)$", statement, re.I)
        create = re.match(r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?!IF\b)(\S+)\s+ON\b", statement, re.I)
        if drop:
            dropped.add(name_of(drop.group(1)))
        elif create is None:
            found.append(f"\"{statement[:70]}\" needs a transaction: only CREATE INDEX CONCURRENTLY (without IF NOT EXISTS) and"
                         " DROP INDEX CONCURRENTLY IF EXISTS stand here")
        elif name_of(create.group(1)) not in dropped:
            found.append(f"\"{statement[:70]}\" fails after a failed attempt: drop the index before, if it exists")
    return found


def problems_of(text, earlier=""):
    """What is wrong with a migration.

    `earlier` is the text of the migrations before it.
    """
    found = []
    parts = statements(text)
    if text.startswith("-- Without a transaction"):
        return problems_without_transaction(parts)
    created = {name_of(match.group("table")) for statement, _ in parts
               for match in [re.match(r"CREATE\s+(?:UNLOGGED\s+)?TABLE\s+" + TABLE, statement, re.I)] if match}
    validated = {name.lower() for name in re.findall(r"VALIDATE\s+CONSTRAINT\s+(\w+)", earlier, re.I)}
    altered = {}
    for statement, _ in parts:
        match = re.match(r"ALTER\s+TABLE\s+" + TABLE + r"\s+(?P<rest>.*)", statement, re.I)
        if match and not re.match(r"VALIDATE\b", match.group("rest"), re.I):
            altered.setdefault(name_of(match.group("table")), statement)

    for statement, comment in parts:
        reason = re.search(r"\bLocks:\s*(.*)", comment)
        if reason and len(reason.group(1).strip()) >= SHORTEST_REASON:
            continue

        def refuse(why):
            found.append(f"\"{statement[:70]}{'…' if len(statement) > 70 else ''}\" {why}")

        index = re.match(r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?P<concurrently>CONCURRENTLY\s+)?.*?\bON\s+" + TABLE, statement, re.I)
        if index:
            if index.group("concurrently"):
                refuse("fails in a transaction: begin the file with \"-- Without a transaction\"")
            elif name_of(index.group("table")) not in created:
                refuse("keeps others from writing while the index is built: build it in a separate migration that begins"
                       " with \"-- Without a transaction\"")
            continue
        alter = re.match(r"ALTER\s+TABLE\s+" + TABLE + r"\s+(?P<rest>.*)", statement, re.I)
        if alter:
            table = name_of(alter.group("table"))
            if table in created:
                continue
            for action in actions(alter.group("rest")):
                if re.match(r"VALIDATE\b", action, re.I):
                    if table in altered:
                        refuse("reads the whole table under the lock of another change: validate in a separate migration")
                    continue
                why = problem_of_action(action, table, validated)
                if why:
                    refuse(why)
            continue
        change = re.match(r"(?:UPDATE|DELETE\s+FROM)\s+" + TABLE, statement, re.I)
        if change and name_of(change.group("table")) not in created:
            refuse("locks all rows that it changes until the end: let the service change rows in parts")
        if re.match(r"LOCK\b|CLUSTER\b|VACUUM\b|TRUNCATE\b", statement, re.I):
            refuse("keeps others from the table")
        if re.match(r"REINDEX\b(?!.*\bCONCURRENTLY\b)|REFRESH\s+MATERIALIZED\s+VIEW\b(?!\s+CONCURRENTLY)", statement, re.I):
            refuse("keeps others from writing")
    return found


def check(report):
    """Checks all migrations that are not released. `report` gets path, line and text."""
    released = {line.strip() for line in RELEASED.read_text().splitlines() if line.strip() and not line.startswith("#")}
    present = sorted((ROOT / "Sources").glob("*/Migrations/*.up.sql"))
    for path in present:
        if str(path.relative_to(ROOT)) not in released:
            earlier = "\n".join(other.read_text() for other in present if other.parent == path.parent and other.name < path.name)
            for problem in problems_of(path.read_text(), earlier):
                report(path, 0, problem)
    for name in sorted(released - {str(path.relative_to(ROOT)) for path in present}):
        report("scripts/released-migrations.txt", 0, f"there is no {name}")


def main():
    problems = []
    if sys.argv[1:]:
        for name in sys.argv[1:]:
            problems += problems_of(pathlib.Path(name).read_text())
    else:
        check(lambda path, _, text: problems.append(f"{path}: {text}"))
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
