#!/usr/bin/env python3
"""Rules that no compiler checks: the direction of dependencies and the constructs this project does without."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import lint_migrations

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Lowest first. A target may use targets of lower layers, and of its own where `SIDEWAYS` says so; never a higher one.
LAYERS = [
    {"CLibpq", "CPango", "CProcess", "CZlib"},
    {"Primitives"},
    {"ConfigurationChecks", "JSONCoding", "Sealing", "TraceRecording"},
    {"TransportSecurity"},
    {"DNSClient", "OutboundHTTP", "PDFDocuments", "PostgresClient", "RedisClient"},
    {"AWS", "Entities", "KeyRotation", "Migrations", "Observability", "PrometheusMetrics", "WorkQueue"},
    {"Billing", "OpenTelemetry", "ServiceKit", "MessageBus"},
    {"BillingPreview", "EInvoicing", "MessageBusBullMQ", "MessageBusSQS", "SampleData", "ServiceMetrics"},
    {"MessageBusEventBridge"},
    {"ServicePlatform"},
    {"TenantManagement", "Subscription", "Orchestrator", "LocalStack"},
    {"arc", "arc-pdf"},
]
LAYER = {target: level for level, targets in enumerate(LAYERS) for target in targets}
SIDEWAYS = set()
# The web framework is known here and nowhere below.
HUMMINGBIRD = {"ServiceKit", "TenantManagement", "Subscription", "Orchestrator", "arc"}
# Requests, answers and failures of HTTP: for ServiceKit, for controllers, and for files that say what an error means in HTTP.
HTTP_TYPES = re.compile(r"\b(?:HTTPFailure|FailureMapping|OperationRequest|OperationResponse|OperationRecovery"
                        r"|AuthenticatedRequest|ScopedRequest)\b")
# Files that may import full Foundation, with the reason.
FOUNDATION = {}

IMPORT = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:package|public|internal|private|fileprivate)\s+)?import\s+"
                    r"(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)")
DECLARATION = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:package|public|open)\s+(?!import\b)(?!extension\b)(?=\w)")
# What a protocol asks for is documented there.
WITNESS = re.compile(r"\b(?:var (?:debugD|d)escription\b|func hash\(into|static func (?:==|<)\s*\(|init\((?:\w+Literal)\b"
                     r"|typealias (?:Element|Index|\w*Literal\w*|Body|Context)\b|func makeIterator\(|subscript\(position\b"
                     r"|func write\(to writer|func bound\(as type"
                     r"|var (?:startIndex|endIndex|errorDescription)\b|func index\((?:after|before))")
# Properties and initializers explain themselves by their names, or have a comment where they do not.
SELF_EXPLAINING = re.compile(r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:package|public|open|static|final|private\(set\))\s+)+"
                             r"(?:let\b|var\b|init[?(<])")
FORBIDDEN = [
    (re.compile(r"\btry!"), "try!"),
    (re.compile(r"\bfatalError\s*\("), "fatalError"),
    (re.compile(r"(?<![.\w])print\s*\("), "print"),
]

# Words that readers stumble over, with what to write instead. Add a word once it no longer occurs.
WORDS = [
    (re.compile(pattern), advice)
    for pattern, advice in [
        (r"\bliving (?:row|subscription|feature|lead|tenant)s?\b", "active"),
        (r"^(?:<{7}|>{7}) ", "what the merge was to result in"),
        (r"\bof yours\b", "your"),
        (r"\btake note\b", "record"),
        (r"\bby luck\b", "by chance"),
        (r"\b(?:[Bb]ehaviour|[Ff]avour|[Hh]onour|[Cc]entre|[Ll]icence)s?\b", "the American spelling"),
        (r"\b(?:[Nn]ormal|[Ss]erial|[Oo]ptim)is(?:e|es|ed|ing|ation|ations)\b", "the American spelling (-ize)"),
        (r"\bDESIGN [A-Z0-9]|\bguide B[0-9]|\barchitecture document\b", "the reason, or a file of this repository"),
    ]
]
# The API of the original is quoted, the OpenAPI documents are generated, fixtures are foreign. Migrations never change.
FOREIGN = ("docs/contract/", "docs/openapi/", "Tests/Fixtures/")

# Where services have SQL: in files that say so. Rules and HTTP are elsewhere.
SQL_TEXT = re.compile(r"\b(?:SELECT\s|INSERT INTO\s|UPDATE\s+\w+(?:\.\w+)?\s+SET\s|DELETE FROM\s)")
WITHOUT_SQL = re.compile(r"(?:Service|Controller|Consumer|Planner|Processor|Feature|App|Core)(?:\+\w+)?\.swift$")
# Targets whose folders are rooms of their own: types of one folder name those of another in one direction only.
ROOMS = [
    "Entities", "LocalStack", "MessageBus", "Orchestrator", "PDFDocuments", "RedisClient", "ServiceKit", "Subscription",
    "TenantManagement", "arc",
]
TYPE = re.compile(r"^[ \t]*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:package|public|private|fileprivate|final|indirect|nonisolated)\s+)*"
                  r"(?:struct|class|enum|protocol|actor|typealias)\s+(\w+)", re.M)

problems = []


def report(path, line, text):
    place = path.relative_to(ROOT) if isinstance(path, pathlib.Path) else path
    problems.append(f"{place}:{line}: {text}" if line else f"{place}: {text}")


def check_use(user, used, path, line):
    """One target's use of another target of this package."""
    if used not in LAYER or user not in LAYER or used == user:
        return
    if LAYER[used] > LAYER[user]:
        report(path, line, f"{user} is below {used} and must not use it")
    elif LAYER[used] == LAYER[user] and (user, used) not in SIDEWAYS:
        report(path, line, f"{user} is in the layer of {used} and must not use it")


def without_literals(text):
    """The code with comments and string contents blanked, line by line."""
    pattern = re.compile(r'#*"""(?:\\.|[^\\])*?"""#*|#"(?:[^"]|"(?!#))*"#|"(?:\\.|[^"\\\n])*"|//[^\n]*', re.S)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def check_file(path):
    target = path.relative_to(ROOT / "Sources").parts[0]
    text = path.read_text()
    lines = text.splitlines()
    code = without_literals(text).splitlines()
    for number, (line, bare) in enumerate(zip(lines, code), 1):
        imported = IMPORT.match(bare)
        if imported:
            module = imported.group(1)
            check_use(target, module, path, number)
            if module.startswith("Hummingbird") and target not in HUMMINGBIRD:
                report(path, number, f"{target} must not know Hummingbird")
            if module in {"Foundation", "FoundationNetworking"} and str(path.relative_to(ROOT)) not in FOUNDATION:
                report(path, number, f"import {module}: use FoundationEssentials, or nothing of it")
        http = HTTP_TYPES.search(bare)
        if http and target != "ServiceKit" and "Controller" not in path.name and not path.name.endswith("+HTTP.swift"):
            report(path, number, f"{http.group()} is for controllers; throw an error of the domain (docs/architecture.md)")
        if WITHOUT_SQL.search(path.name) and SQL_TEXT.search(line) and target in {"TenantManagement", "Subscription", "Orchestrator"}:
            report(path, number, "SQL belongs in a repository (docs/architecture.md)")
        identifier = re.search(r"\b\w*[a-z]Ids?\b", bare)
        if identifier:
            report(path, number, f"{identifier.group()}: identifiers end in ID; the name in JSON may end in Id")
        for pattern, name in FORBIDDEN:
            if pattern.search(bare) and not (name == "print" and target == "arc"):
                report(path, number, f"{name} is not used in Sources")
        if re.search(r"\b(TODO|FIXME)\b", line):
            report(path, number, "finish it, or write an issue")
        if "@unchecked Sendable" in bare and "//" not in line and not lines[number - 2].lstrip().startswith("//"):
            report(path, number, "@unchecked Sendable needs its reason in a comment")
        if DECLARATION.match(bare) and not SELF_EXPLAINING.match(bare) and not WITNESS.search(bare):
            above = number - 2
            while above >= 0 and re.match(r"^\s*@\w", lines[above]):
                above -= 1
            if above < 0 or not lines[above].lstrip().startswith("///"):
                report(path, number, "a declaration for other targets needs a /// comment")


def room(path, base, code):
    """The folder that a file belongs to. What puts a service together may name every other room."""
    parts = path.relative_to(base).parts
    return "" if len(parts) == 1 or parts[0] == "Assembly" or ": ServiceFeature" in code else parts[0]


def check_rooms(target):
    """Circles between the folders of a target: usually one type is in the wrong folder."""
    base = ROOT / "Sources" / target
    files = []
    homes = {}
    for path in sorted(base.rglob("*.swift")):
        code = without_literals(path.read_text())
        folder = room(path, base, code)
        types = TYPE.findall(code)
        files.append((path, folder, code, set(types)))
        for found in TYPE.finditer(code):
            if not found.group()[0].isspace():
                homes[found.group(1)] = folder
    uses = {}
    for path, folder, code, own in files:
        for name in set(re.findall(r"(?<![\w.])[A-Z]\w*", code)) - own:
            home = homes.get(name, folder)
            if home != folder:
                uses.setdefault(folder, {}).setdefault(home, []).append(f"{name} in {path.name}")
    known = set()
    for first in sorted(uses):
        circles = [[first] + path for second in uses[first] if (path := way(uses, second, first))]
        shortest = min(circles, key=len, default=None)
        if shortest is None or not known.isdisjoint(shortest):
            continue
        known.update(shortest)
        steps = [f"{user or 'Assembly'} uses {', '.join(sorted(uses[user][used])[:3])}"
                 for user, used in zip(shortest, shortest[1:])]
        report(base, 0, f"circle between folders ({'; '.join(steps)}): move a type")


def way(uses, start, end):
    """The shortest path between two folders, or nothing."""
    paths = [[start]]
    seen = {start}
    for path in paths:
        if path[-1] == end:
            return path
        for step in sorted(uses.get(path[-1], {})):
            if step not in seen:
                seen.add(step)
                paths.append(path + [step])
    return None


def check_tests(path):
    """The name of a test is a raw identifier; a display name would be a second one."""
    text = path.read_text()
    bare = without_literals(text)
    for found in re.finditer(r"@Test\b(?:(?!@Test\b).)*?\bfunc\s+(`?)", bare, re.S):
        line = text.count("\n", 0, found.start()) + 1
        if not found.group(1):
            report(path, line, "name the test by a sentence: func `a row that was deleted is not found`()")
    for found in re.finditer(r"@(?:Test|Suite)\(\s*\"", text):
        report(path, text.count("\n", 0, found.start()) + 1, "the name of a test or suite is the one in Swift; no display name")


def check_manifest():
    # A build folder of its own: a build that runs meanwhile holds the lock of the usual one.
    with tempfile.TemporaryDirectory() as scratch:
        dump = subprocess.run(
            ["swift", "package", "--scratch-path", scratch, "dump-package"], cwd=ROOT, capture_output=True, text=True)
    if dump.returncode != 0:
        report("Package.swift", 0, "`swift package dump-package` failed:\n" + dump.stderr)
        return
    for target in json.loads(dump.stdout)["targets"]:
        name = target["name"]
        if target["type"] == "test" or (target.get("path") or "").startswith("Tests/"):
            continue
        if name not in LAYER:
            report("Package.swift", 0, f"target {name} has no layer yet: put it into LAYERS of scripts/lint.py")
        for dependency in target["dependencies"]:
            used = (dependency.get("byName") or dependency.get("target") or dependency.get("product"))[0]
            check_use(name, used, "Package.swift", 0)
            if used.startswith("Hummingbird") and name not in HUMMINGBIRD:
                report("Package.swift", 0, f"{name} must not know Hummingbird")


def check_words():
    """The wording of code, comments and documents."""
    files = [path for folder in ("Sources", "Tests", "docs") for path in (ROOT / folder).rglob("*")]
    files += [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "Makefile", "Package.swift")]
    for path in sorted(files):
        name = str(path.relative_to(ROOT))
        if path.suffix not in {".swift", ".md", ""} or not path.is_file() or name.startswith(FOREIGN):
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            for pattern, advice in WORDS:
                found = pattern.search(line)
                if found:
                    report(path, number, f"\"{found.group()}\": write {advice}")


def check_architecture():
    """A new reader finds every folder from docs/architecture.md alone."""
    text = (ROOT / "docs/architecture.md").read_text()
    for folder in sorted((ROOT / "Sources").glob("*/*/")):
        target = folder.parent.name
        # C headers.
        if not folder.is_dir() or folder.name == "include":
            continue
        rows = "\n".join(line for line in text.splitlines() if line.startswith(f"| `{target}`"))
        if not re.search(rf"`{re.escape(folder.name)}`", rows):
            report("docs/architecture.md", 0, f"the table of folders does not have {target}/{folder.name}")


check_manifest()
lint_migrations.check(report)
check_words()
check_architecture()
for name in ROOMS:
    check_rooms(name)
for file in sorted((ROOT / "Sources").rglob("*.swift")):
    check_file(file)
for file in sorted((ROOT / "Tests").rglob("*.swift")):
    check_tests(file)
print("\n".join(problems), end="\n" if problems else "")
sys.exit(1 if problems else 0)
