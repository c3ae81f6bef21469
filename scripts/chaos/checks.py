"""What must hold once the killing has stopped: nothing lost, doubled, stuck or stale."""
import json
import time
import urllib.request

OPEN_WORK = (
    ("tenant_mgmt_db", "events not published", "SELECT count(*) FROM main.outbox WHERE state = 0"),
    ("subscription_db", "events not published", "SELECT count(*) FROM main.outbox WHERE state = 0"),
    ("orchestrator_db", "runs not finished",
     "SELECT count(*) FROM main.provisioning_runs WHERE due_at IS NOT NULL OR callback_state = 'pending'"),
    ("orchestrator_db", "old copies not removed",
     "SELECT count(*) FROM main.tenant_placements WHERE role <> 'current'"),
    ("message_bus_db", "deliveries not handled", "SELECT count(*) FROM main.deliveries WHERE state = 0"),
    ("tenant_mgmt_db", "workflows not finished", "SELECT count(*) FROM main.provisionings WHERE status = 0"),
    ("tenant_mgmt_db", "mails not sent", "SELECT count(*) FROM main.notifications"),
)

NEVER = (
    ("tenant_mgmt_db", "dead letters", "SELECT event_id FROM main.outbox WHERE state = 2"),
    ("subscription_db", "dead letters", "SELECT event_id FROM main.outbox WHERE state = 2"),
    ("message_bus_db", "dead deliveries", "SELECT group_name, position, last_error FROM main.deliveries WHERE state = 2"),
    ("orchestrator_db", "failed runs or refused callbacks",
     "SELECT tenant_id, state, callback_state, last_error FROM main.provisioning_runs"
     " WHERE state IN ('failed', 'stuck') OR callback_state = 'refused'"),
    ("tenant_mgmt_db", "keys with two tenants", "SELECT key FROM main.tenants GROUP BY key HAVING count(*) > 1"),
    ("tenant_mgmt_db", "leads with two tenants",
     "SELECT lead_id FROM main.tenants WHERE lead_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1"),
    ("tenant_mgmt_db", "tenants with a workflow twice",
     "SELECT tenant_id, kind FROM main.provisionings GROUP BY 1, 2 HAVING count(*) > 1"),
    ("tenant_mgmt_db", "resources recorded twice",
     "SELECT tenant_id, type, external_identifier FROM main.resources WHERE NOT deleted GROUP BY 1, 2, 3"
     " HAVING count(*) > 1"),
    ("orchestrator_db", "tenants with two runs of a kind",
     "SELECT tenant_id, kind FROM main.provisioning_runs GROUP BY 1, 2 HAVING count(*) > 1"),
    ("subscription_db", "tenants with two subscriptions",
     "SELECT subscriber_id FROM main.subscriptions GROUP BY 1 HAVING count(*) > 1"),
    ("subscription_db", "subscriptions without exactly one invoice",
     "SELECT s.id, count(i.id) FROM main.subscriptions s LEFT JOIN main.invoice i ON i.subscription_id = s.id"
     " GROUP BY 1 HAVING count(i.id) <> 1"),
)


def settle(stack, seconds, report):
    """Waits until no work is open. Returns what is still open when the time is over."""
    begun = time.monotonic()
    while True:
        still = []
        for database, what, query in OPEN_WORK:
            try:
                count = int(stack.sql(database, query)[0][0])
            except Exception as error:  # The server may still be starting.
                still.append(f"{database}: {error}")
                continue
            if count:
                still.append(f"{database}: {count} {what}")
        if not still:
            report(f"all work was finished {time.monotonic() - begun:.1f} s after the last kill")
            return []
        if time.monotonic() - begun > seconds:
            return still
        time.sleep(0.5)


def verify(stack, load):
    """All broken promises, each as a sentence."""
    problems = list(load.failures)
    for database, what, query in NEVER:
        rows = stack.sql(database, query)
        if rows:
            problems.append(f"{database}: {len(rows)} {what}, for example {rows[0]}")
    stored = {identifier: (key, status, name) for key, identifier, status, name in stack.sql(
        "tenant_mgmt_db", "SELECT key, id, status, name FROM main.tenants WHERE NOT deleted")}
    if len(stored) != len(load.tenants):
        problems.append(f"{len(load.tenants)} tenants were acknowledged, {len(stored)} are stored")
    for tenant in load.tenants:
        problems += promises(stack, load, tenant, stored.get(tenant.id))
    return problems + resources(stack, load)


def money(stack, report):
    """What `arc billing check` finds: it computes every invoice again, and adds up the ledger."""
    findings, summary = stack.check_billing()
    report(f"arc billing check: {summary}")
    return findings


STATUSES = {"ACTIVE": "0", "OFFBOARDED": "5"}


def promises(stack, load, tenant, row):
    """What is wrong with one tenant."""
    if row is None or row[0] != tenant.key:
        return [f"the tenant {tenant.key} was acknowledged as {tenant.id} and is lost: {row}"]
    _, status, name = row
    problems = []
    if status != STATUSES[tenant.wants]:
        problems.append(f"the tenant {tenant.key} has status {status} instead of {STATUSES[tenant.wants]} ({tenant.wants})")
    if tenant.name is not None and name != tenant.name:
        problems.append(f"the tenant {tenant.key} is called {name!r}; the acknowledged name is {tenant.name!r}")
    shown = read(stack, load.token, tenant.id)
    if (shown["name"], str(shown["status"])) != (name, status):
        problems.append(
            f"GET /tenants/{tenant.id} shows {shown['name']!r}, {shown['status']}; the row has {name!r}, {status}")
    return problems


def resources(stack, load):
    """Whether exactly what the active tenants own exists: roles, schemas of pooled ones, databases of moved ones."""
    active = [tenant for tenant in load.tenants if tenant.wants == "ACTIVE"]
    expected = {
        "roles": {f"tenant_{tenant.key}" for tenant in active},
        "schemas in the shared database": {f"tenant_{tenant.key}" for tenant in active if not tenant.is_moved},
        "databases": {f"tenant_{tenant.key}" for tenant in active if tenant.is_moved},
    }
    queries = {
        "roles": "SELECT rolname FROM pg_roles WHERE rolname LIKE 'tenant\\_l%'",
        "schemas in the shared database": "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tenant\\_%'",
        "databases": "SELECT datname FROM pg_database WHERE datname LIKE 'tenant\\_l%'",
    }
    problems = []
    for what, names in expected.items():
        found = {row[0] for row in stack.sql("application_db", queries[what])}
        if found != names:
            problems.append(
                f"{what}: {len(names - found)} are missing, such as {sorted(names - found)[:3]}, and {len(found - names)}"
                f" are orphans, such as {sorted(found - names)[:3]}")
    recorded = {row[0] for row in stack.sql(
        "tenant_mgmt_db", "SELECT DISTINCT tenant_id FROM main.resources WHERE NOT deleted")}
    if recorded != {tenant.id for tenant in active}:
        problems.append(f"resources are recorded for {len(recorded)} tenants, {len(active)} have some")
    return problems


def read(stack, token, tenant):
    request = urllib.request.Request(
        f"{stack.url('tenant-management')}/tenants/{tenant}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def mails(load, mailbox, report):
    """Delays and copies. SMTP cannot promise exactly one copy when the sender is killed between the server's answer and
    the record of it; the number of copies beside the number of kills shows that nothing else doubles mails."""
    delays = sorted(load.mail_delays)
    copies = sum(count - 1 for count in mailbox.copies.values())
    report(f"{len(mailbox.copies)} mails, {copies} further copies of them; the slowest verification mail took "
           f"{delays[-1] if delays else 0:.1f} s")
    return copies
