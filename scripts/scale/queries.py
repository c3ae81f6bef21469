"""The hot requests of the services: what operators, tenants and strangers ask again and again, and what grows with the data."""
import datetime
import itertools
import json
import urllib.parse
import uuid

TM, SUB = "tenant-management", "subscription"


def parameter(name, value):
    return name + "=" + urllib.parse.quote(json.dumps(value))


class Request:
    """A request of a list. `make` returns path and body of the next one."""

    def __init__(self, service, name, make, method="GET", token="operator", headers=None, exception=None):
        self.service, self.name, self.method, self.token = service, name, method, token
        self.make, self.headers, self.exception = make, headers or {}, exception


# Why a request may take longer with more rows. They are in docs/scaling.md, too.
COUNT = "counts all rows that match; shared for a moment, limited in number and time"
SKIP = "skip reads what it leaves out, up to a limit; cursors do not"
PREFIX = "LIKE may not use indexes under row-level security; limited in number and time"
PAGE = "at the small number, fewer rows match than a page has"
SEARCH = "searches within texts read all of them; limited in number and time"


def sample(stack):
    """Values of rows in the middle of the data, and many ids."""
    one = lambda database, statement: stack.sql(database, statement)[0]
    tm, sub = "tenant_mgmt_db", "subscription_db"
    count = int(one(tm, "SELECT count(*) FROM main.tenants")[0])
    # A percentage that yields about 300 rows without reading all of them.
    share = min(100.0, 100.0 * 400 / count)
    ids = [row[0] for row in stack.sql(
        tm, f"SELECT id FROM main.tenants TABLESAMPLE BERNOULLI ({share}) REPEATABLE (7) WHERE status = 0 LIMIT 300")]
    tenant = stack.sql(tm, f"SELECT id, key, name, domains[1], coalesce(lead_id::text, '') FROM main.tenants "
                           f"WHERE id = ANY ('{{{','.join(ids)}}}') AND lead_id IS NOT NULL ORDER BY id LIMIT 1")[0]
    keys = [row[0] for row in stack.sql(tm, f"SELECT key FROM main.tenants WHERE id = ANY ('{{{','.join(ids[:20])}}}')")]
    contact = one(tm, f"SELECT email FROM main.contacts WHERE tenant_id = '{tenant[0]}' ORDER BY id LIMIT 1")[0]
    plan = one(sub, "SELECT plan_id FROM main.subscriptions GROUP BY plan_id ORDER BY count(*) DESC, plan_id LIMIT 1")[0]
    subscription = one(sub, f"SELECT id FROM main.subscriptions WHERE subscriber_id = '{tenant[0]}' ORDER BY id LIMIT 1")[0]
    return {
        "count": count, "ids": ids, "tenant": tenant[0], "key": tenant[1], "name": tenant[2], "domain": tenant[3],
        "lead": tenant[4], "keys": keys, "contact": contact, "plan": plan, "subscription": subscription,
    }


def requests(found):
    """All requests, for the values of `sample`."""
    ids, now = itertools.cycle(found["ids"]), datetime.datetime.now(datetime.timezone.utc)
    day = lambda days: (now + datetime.timedelta(days=days)).strftime("%Y-%m-%d")
    instant = lambda days: (now + datetime.timedelta(days=days)).strftime("%Y-%m-%dT00:00:00.000Z")
    tenant, plan = found["tenant"], found["plan"]
    result = []

    def add(service, name, path, filter=None, where=None, **more):
        query = [parameter("filter", filter)] if filter is not None else []
        query += [parameter("where", where)] if where is not None else []
        full = path + ("?" + "&".join(query) if query else "")
        result.append(Request(service, name, lambda: (full, None), **more))

    add(TM, "tenant by id, cached", f"/tenants/{tenant}")
    result.append(Request(TM, "tenant by id, another each time", lambda: (f"/tenants/{next(ids)}", None)))
    add(TM, "tenant by id, 4 includes", f"/tenants/{tenant}", {"include": ["contacts", "resources", "lead", "address"]})
    add(TM, "tenants, default", "/tenants")
    add(TM, "tenants, own list", "/tenants", token="tenant")
    add(TM, "tenants where key", "/tenants", {"where": {"key": found["key"]}})
    add(TM, "tenants where key inq 20", "/tenants", {"where": {"key": {"inq": found["keys"]}}})
    add(TM, "tenants where leadId", "/tenants", {"where": {"leadId": found["lead"]}})
    add(TM, "tenants where name =, 20", "/tenants", {"where": {"name": found["name"]}, "limit": 20})
    add(TM, "tenants where status 0 (90 %), 20", "/tenants", {"where": {"status": 0}, "limit": 20})
    for status, share in ((3, "2 %"), (4, "none")):
        add(TM, f"tenants where status {status} ({share}), newest 20", "/tenants",
            {"where": {"status": status}, "order": ["createdOn DESC"], "limit": 20})
    for order in ("name ASC", "key ASC", "createdOn DESC", "createdOn ASC", "id ASC"):
        add(TM, f"tenants by {order}, 20", "/tenants", {"order": [order], "limit": 20})
    add(TM, "tenants created in a day, newest 20", "/tenants", {
        "where": {"createdOn": {"between": [instant(-101), instant(-100)]}}, "order": ["createdOn DESC"], "limit": 20})
    add(TM, "tenants with contacts and resources, newest 50", "/tenants",
        {"include": ["contacts", "resources"], "order": ["createdOn DESC"], "limit": 50})
    add(TM, "tenants name like Prefix%, by name, 20", "/tenants",
        {"where": {"name": {"like": found["name"][:8] + "%"}}, "order": ["name ASC"], "limit": 20}, exception=PREFIX)
    add(TM, "tenants key like prefix%, 20", "/tenants", {"where": {"key": {"like": found["key"][:-1] + "%"}}, "limit": 20},
        exception=PREFIX)
    add(TM, "tenants name ilike %rare%, 20", "/tenants", {"where": {"name": {"ilike": "%zyx%"}}, "limit": 20},
        exception=SEARCH)
    add(TM, "tenants, skip to 5000", "/tenants", {"skip": 5000, "limit": 20}, exception=SKIP)
    add(TM, "tenants/count", "/tenants/count", exception=COUNT)
    add(TM, "tenants/count where status 3", "/tenants/count", where={"status": 3}, exception=COUNT)
    add(TM, "tenants/count where key", "/tenants/count", where={"key": found["key"]})
    add(TM, "contacts where tenantId", "/contacts", {"where": {"tenantId": tenant}})
    add(TM, "contacts, own, newest", "/contacts", {"order": ["createdOn DESC"]}, token="tenant")
    add(TM, "contacts where email", "/contacts", {"where": {"email": found["contact"]}})
    add(TM, "contacts newest 20", "/contacts", {"order": ["createdOn DESC"], "limit": 20})
    add(TM, "contacts/count", "/contacts/count", exception=COUNT)
    add(TM, "invoices, own", "/invoices", token="tenant")
    add(TM, "invoices where tenantId, newest", "/invoices",
        {"where": {"tenantId": tenant}, "order": ["createdOn DESC"]})
    add(TM, "invoices overdue, earliest 20", "/invoices",
        {"where": {"status": 0, "dueDate": {"lt": instant(0)}}, "order": ["dueDate ASC"], "limit": 20})
    add(TM, "leads newest 20", "/leads", {"order": ["createdOn DESC"], "limit": 20})
    add(TM, "leads where email", "/leads", {"where": {"email": found["contact"]}})
    add(TM, "leads with tenant, 50", "/leads", {"include": ["tenant"], "limit": 50})
    add(SUB, "subscriptions, default", "/subscriptions")
    add(SUB, "subscriptions where subscriberId", "/subscriptions", {"where": {"subscriberId": tenant}})
    add(SUB, "subscriptions, own, with plan", "/subscriptions", {"include": ["plan"]}, token="tenant")
    add(SUB, "subscriptions newest 20", "/subscriptions", {"order": ["createdOn DESC"], "limit": 20})
    add(SUB, "subscriptions with plan and invoice, 50", "/subscriptions", {"include": ["plan", "invoice"], "limit": 50})
    add(SUB, "subscriptions where status 1, 20", "/subscriptions", {"where": {"status": 1}, "limit": 20})
    add(SUB, "subscriptions where planId, 20", "/subscriptions", {"where": {"planId": plan}, "limit": 20})
    add(SUB, "subscriptions where planId, newest 20", "/subscriptions",
        {"where": {"planId": plan}, "order": ["createdOn DESC"], "limit": 20})
    add(SUB, "subscriptions ending in a month, by endDate, 20", "/subscriptions",
        {"where": {"status": 1, "endDate": {"between": [day(0), day(30)]}}, "order": ["endDate ASC"], "limit": 20})
    add(SUB, "subscriptions/count", "/subscriptions/count", exception=COUNT)
    add(SUB, "subscriptions/count where planId", "/subscriptions/count", where={"planId": plan}, exception=COUNT)
    add(SUB, "subscriptions/count, own", "/subscriptions/count", token="tenant")
    add(SUB, "expire-soon", "/subscriptions/expire-soon", exception=PAGE)
    for days in (0, 7, 365):
        add(SUB, f"expired, {days} days", f"/subscriptions/expired?days={days}", exception=PAGE)
    add(SUB, "plans/{id}/subscriptions", f"/plans/{plan}/subscriptions")
    add(SUB, "subscription's invoice", f"/subscriptions/{found['subscription']}/invoice")
    add(SUB, "feature-values, own", "/feature-values", token="tenant")
    result.append(Request(
        TM, "PATCH tenant", lambda: (f"/tenants/{next(ids)}", {"name": f"Renamed {uuid.uuid4().hex[:8]}"}), "PATCH"))
    result.append(Request(TM, "POST contact", lambda: ("/contacts", {
        "firstName": "Ada", "lastName": "Smith", "email": f"{uuid.uuid4().hex[:12]}@example.com", "isPrimary": False,
        "tenantId": next(ids)}), "POST"))
    result.append(Request(TM, "POST lead", lambda: ("/leads", {
        "firstName": "Ada", "lastName": "Smith", "companyName": "Measured",
        "email": f"{uuid.uuid4().hex}@{uuid.uuid4().hex[:12]}.example"}), "POST", token=None))
    result.append(Request(SUB, "POST subscription", lambda: (
        "/subscriptions", {"subscriberId": next(ids), "planId": plan, "status": 0}), "POST"))
    return result
