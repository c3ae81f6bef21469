"""What must hold once the killing has stopped: nothing lost, doubled, stuck or stale."""
import json
import time
import urllib.request

OPEN_WORK = (
    ("tenant_mgmt_db", "events not published", "SELECT count(*) FROM main.outbox WHERE state = 0"),
    ("subscription_db", "events not published", "SELECT count(*) FROM main.outbox WHERE state = 0"),
    ("orchestrator_db", "runs not finished",
     "SELECT count(*) FROM main.provisioning_runs WHERE state = 'pending' OR callback_state = 'pending'"),
    ("message_bus_db", "deliveries not handled", "SELECT count(*) FROM main.deliveries WHERE state = 0"),
    ("tenant_mgmt_db", "tenants not provisioned", "SELECT count(*) FROM main.tenants WHERE status = 2"),
    ("tenant_mgmt_db", "mails not sent", "SELECT count(*) FROM main.notifications"),
)

NEVER = (
    ("tenant_mgmt_db", "dead letters", "SELECT event_id FROM main.outbox WHERE state = 2"),
    ("subscription_db", "dead letters", "SELECT event_id FROM main.outbox WHERE state = 2"),
    ("message_bus_db", "dead deliveries", "SELECT group_name, position, last_error FROM main.deliveries WHERE state = 2"),
    ("orchestrator_db", "failed runs or refused callbacks",
     "SELECT tenant_id, state, callback_state, last_error FROM main.provisioning_runs"
     " WHERE state = 'failed' OR callback_state = 'refused'"),
    ("tenant_mgmt_db", "keys with two tenants", "SELECT key FROM main.tenants GROUP BY key HAVING count(*) > 1"),
    ("tenant_mgmt_db", "leads with two tenants",
     "SELECT lead_id FROM main.tenants WHERE lead_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1"),
    ("tenant_mgmt_db", "tenants provisioned twice",
     "SELECT tenant_id FROM main.provisionings GROUP BY 1 HAVING count(*) > 1"),
    ("tenant_mgmt_db", "resources recorded twice",
     "SELECT tenant_id, type, external_identifier FROM main.resources WHERE NOT deleted GROUP BY 1, 2, 3"
     " HAVING count(*) > 1"),
    ("orchestrator_db", "tenants with two runs",
     "SELECT tenant_id FROM main.provisioning_runs GROUP BY 1 HAVING count(*) > 1"),
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


def verify(stack, load, mailbox):
    """All broken promises, each as a sentence."""
    problems = list(load.failures)
    for database, what, query in NEVER:
        rows = stack.sql(database, query)
        if rows:
            problems.append(f"{database}: {len(rows)} {what}, for example {rows[0]}")
    stored = {key: (identifier, status, name) for key, identifier, status, name in stack.sql(
        "tenant_mgmt_db", "SELECT key, id, status, name FROM main.tenants WHERE NOT deleted")}
    for key, identifier in load.tenants.items():
        if key not in stored:
            problems.append(f"the tenant {key} was acknowledged and is lost")
            continue
        row_id, status, name = stored[key]
        if row_id != identifier:
            problems.append(f"the tenant {key} was acknowledged as {identifier} and is {row_id}")
        if status != "0":
            problems.append(f"the tenant {key} has status {status} instead of 0 (ACTIVE)")
        wanted = load.names.get(key)
        if wanted is not None and name != wanted:
            problems.append(f"the tenant {key} is called {name!r}; the acknowledged name is {wanted!r}")
        shown = read(stack, load.token, identifier)
        if (shown["name"], str(shown["status"])) != (name, status):
            problems.append(
                f"GET /tenants/{identifier} shows {shown['name']!r}, {shown['status']}; the row has {name!r}, {status}")
    schemas = {row[0] for row in stack.sql(
        "application_db", "SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|public)'")}
    if len(schemas) != len(stored):
        problems.append(f"{len(stored)} tenants have {len(schemas)} schemas")
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
