#!/usr/bin/env python3
"""Refuses statements in migrations that would keep others from a large table for longer than a moment, or take away what nodes of the
former release use.

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

Nodes of the former release go on while the databases are migrated, and until the last one is replaced (expand and contract). What they
use is removed or renamed in a release after the one that no longer uses it, and a comment says since when that is:

    -- Contract: no release since 1.4 reads or writes this column.
    ALTER TABLE main.tenants DROP COLUMN nickname;
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


# What has no place in a DO block, whose statements are not looked at one by one.
HIDDEN = re.compile(
    r"\b(?:UPDATE\s+[\w.\"]+\s+(?:AS\s+\w+\s+)?SET|DELETE\s+FROM|TRUNCATE|LOCK\s+TABLE|CREATE\s+(?:UNIQUE\s+)?INDEX|REINDEX|CLUSTER"
    r"|ALTER\s+COLUMN|DROP\s+(?:TABLE|COLUMN)|VALIDATE\s+CONSTRAINT)\b", re.I)


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


def removal(action):
    """What an action of ALTER TABLE takes away from nodes of the former release, or None."""
    if re.match(r"DROP\s+(?!CONSTRAINT\b|EXPRESSION\b)|RENAME\s+(?!CONSTRAINT\b)|SET\s+SCHEMA\b", action, re.I):
        return "a column or a name"
    if re.match(r"ALTER\s+(?:COLUMN\s+)?\S+\s+DROP\s+(?:DEFAULT|IDENTITY)\b", action, re.I):
        return "a value"
    return None


def problem_of_action(action, table, validated):
    """Why this action of ALTER TABLE takes long, or None."""
    if re.match(r"ATTACH\s+PARTITION\b", action, re.I):
        return "reads the whole partition: validate a CHECK of the partition's bounds before, and give that as the reason"
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
        if re.search(r"\b(?:CHECK\s*\(|REFERENCES\b)", without_strings(rest), re.I):
            return ("reads the whole table: add the constraint by itself, NOT VALID (it holds for new rows at once), and validate it"
                    " in a later migration")
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
    # Tables that this file has made so far. With IF NOT EXISTS a table may be an old one.
    created = set()
    # Functions, views and so on that this file makes anew.
    made = {name_of(match) for statement, _ in parts for match in re.findall(
        r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:MATERIALIZED\s+)?(?:VIEW|FUNCTION|PROCEDURE|TYPE|DOMAIN|SEQUENCE)\s+([\w.\"]+)", statement, re.I)}
    validated = {name.lower() for name in re.findall(r"VALIDATE\s+CONSTRAINT\s+(\w+)", earlier, re.I)}
    for block in re.findall(r"\bDO\s+(?:LANGUAGE\s+\w+\s+)?(\$\w*\$.*?)\$\w*\$", text, re.I | re.S):
        hidden = HIDDEN.search(without_strings(re.sub(r"--.*", "", block)))
        if hidden:
            found.append(f"\"DO … {' '.join(hidden.group().split())} …\" is hidden in a block: write it outside of it")
    altered = {}
    for statement, _ in parts:
        match = re.match(r"ALTER\s+TABLE\s+" + TABLE + r"\s+(?P<rest>.*)", statement, re.I)
        if match and not re.match(r"VALIDATE\b", match.group("rest"), re.I):
            altered.setdefault(name_of(match.group("table")), statement)

    for statement, comment in parts:
        may_lock, may_remove = (
            any(len(text.strip()) >= SHORTEST_REASON for text in re.findall(rf"\b{word}:\s*((?:(?!\b(?:Locks|Contract):).)*)", comment))
            for word in ("Locks", "Contract"))

        def refuse(why, is_removal=False):
            if not (may_remove if is_removal else may_lock):
                found.append(f"\"{statement[:70]}{'…' if len(statement) > 70 else ''}\" {why}")

        new = re.match(r"CREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?!IF\b)" + TABLE, statement, re.I)
        if new:
            created.add(name_of(new.group("table")))
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
                what = removal(action)
                if what:
                    refuse(f"takes {what} away from nodes of the former release: remove it in a later release, with the comment"
                           " \"-- Contract: …\"", is_removal=True)
            continue
        dropped = re.match(r"DROP\s+(?P<kind>TABLE|(?:MATERIALIZED\s+)?VIEW|FUNCTION|PROCEDURE|TYPE|DOMAIN|SEQUENCE|SCHEMA)\s+"
                           r"(?:IF\s+EXISTS\s+)?(?P<rest>.*)", statement, re.I)
        if dropped and not {name_of(re.match(r"[\w.\"]*", what).group()) for what in actions(dropped.group("rest"))} <= created | made:
            refuse("takes what nodes of the former release may use: remove it in a later release, with the comment"
                   " \"-- Contract: …\"", is_removal=True)
        if re.match(r"ALTER\s+(?:TYPE|VIEW|FUNCTION|SEQUENCE|SCHEMA|DOMAIN)\b.*\bRENAME\b", statement, re.I):
            refuse("takes a name away from nodes of the former release", is_removal=True)
        if re.match(r"ALTER\s+DOMAIN\b.*\bADD\b(?!.*\bNOT\s+VALID\b)", statement, re.I):
            refuse("reads every table with this domain: add it NOT VALID, and validate it in a later migration")
        plain = without_strings(statement)
        # Also within WITH; not UPDATE as an event of a trigger or a privilege.
        changes = re.finditer(
            r"(?:^UPDATE|\bUPDATE(?=\s+[\w.\"]+\s+(?:AS\s+\w+\s+)?SET\b)|\bDELETE\s+FROM)\s+" + TABLE, plain, re.I)
        if any(name_of(change.group("table")) not in created for change in changes):
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
