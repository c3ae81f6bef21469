"""Many subscriptions of which an invoice is due: copies of the rows of a tenant whose subscriptions the service has made."""
import datetime
import sys
import uuid

SERVICE, DATABASE = "subscription", "subscription_db"
# A period of the plan: whatever day it is today, one that began so many days ago ends today.
DAYS = 7

# What a tenant with subscriptions has, in an order that suits foreign keys, with what selects its rows.
COPIED = {
    "known_tenants": "tenant_id = '{tenant}'",
    "subscriptions": "subscriber_id = '{tenant}'",
    "subscription_billing": "tenant_id = '{tenant}'",
    "invoice": "tenant_id = '{tenant}'",
    "invoice_lines": "invoice_id IN (SELECT id FROM main.invoice WHERE tenant_id = '{tenant}')",
    "ledger_entries": "tenant_id = '{tenant}'",
    "subscription_revenue": "tenant_id = '{tenant}'",
    "tenant_revenue": "tenant_id = '{tenant}'",
    "revenue_movements": "tenant_id = '{tenant}'",
}
# What says how the rows came about, or follows from them.
LEFT_OUT = {"test_clocks", "renewal_queues", "outbox", "audit_pending", "audit_logs", "audit_chained", "audit_chain_heads"}
# Rows that all tenants share, and who has made them: these ids stay as they are.
SHARED = {"plan_id", "created_by", "modified_by", "deleted_by", "billing_customer_id", "claim"}


def copied(identifier, number):
    """The identifier of a copy. Its number changes the fraction of the millisecond and the top of the counter, which identifiers of
    one instant have in common; in what distinguishes them it is that of the template."""
    digits = f"{int(identifier[15:18] + identifier[20:23], 16) ^ number:06x}"
    return identifier[:15] + digits[:3] + identifier[18:20] + digits[3:] + identifier[23:]


def copied_in_sql(text):
    """The same as an expression, with the place of the copy as its number."""
    changed = f"('x' || substr({text}, 16, 3) || substr({text}, 21, 3))::bit(24)::int # copy.place::int"
    digits = f"lpad(to_hex({changed}), 6, '0')"
    return f"overlay(overlay({text} PLACING left({digits}, 3) FROM 16) PLACING right({digits}, 3) FROM 21)::uuid"


class Template:
    """A tenant with active subscriptions, each with the invoice of a period that ends today. It lives on a test clock that stands at
    the beginning of that period, so nothing of its own is ever due."""

    def __init__(self, stack, token, subscriptions):
        self.stack, self.subscriptions = stack, subscriptions
        self.tenant = str(uuid.uuid4())
        self.copies = 0
        self.sql(f"INSERT INTO main.known_tenants (tenant_id, is_blocked, tenant_version, changed_on)"
                 f" VALUES ('{self.tenant}', false, 1, now())")
        start = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=DAYS)
        self.post("/test-clocks", token, tenantId=self.tenant, name="Template", now=f"{start}T00:00:00.000Z")
        (currency, cycle), = self.sql(
            "SELECT currency.id, cycle.id FROM main.currencies AS currency, main.billing_cycles AS cycle"
            " WHERE currency_code = 'USD' AND cycle_name = 'WEEKLY'")
        self.plan = self.post(
            "/plans", token, name="Weekly", description="A week", tier="STANDARD", price=19.99, metaData={},
            currencyId=currency, billingCycleId=cycle)["id"]
        for _ in range(subscriptions):
            self.post(
                "/subscriptions", token, subscriberId=self.tenant, planId=self.plan, status=1, quantity="3",
                taxes=[{"name": "VAT", "rate": "20"}])
        issued = self.sql(f"SELECT count(*) FROM main.invoice WHERE tenant_id = '{self.tenant}' AND ordinal = 1 AND number IS NOT NULL")
        if issued != [[str(subscriptions)]]:
            sys.exit(f"{issued[0][0]} invoices of the template instead of {subscriptions}")

    def sql(self, statement):
        return self.stack.sql(DATABASE, statement)

    def post(self, path, token, **body):
        return self.stack.post(SERVICE, path, body, token)

    def copy(self, tenants, is_due=True):
        """Adds so many tenants whose subscriptions have been due since midnight, as far as workers know if `is_due`. Returns how many
        subscriptions these are."""
        self.check_tables()
        first, last = self.copies + 1, self.copies + tenants
        if last > 0xFFFFFF:
            sys.exit("there is no room for so many copies in their identifiers")
        (series, number), = self.sql("SELECT name, last_number FROM main.invoice_series WHERE name LIKE 'INV%'")
        sequence = f"{number} + (copy.place - {first}) * {self.subscriptions} + source.sequence"
        replaced = {
            ("subscription_billing", "due_at"): "next_due_on" if is_due else "NULL", ("subscription_billing", "test_clock_id"): "NULL",
            ("invoice", "sequence"): sequence,
            ("invoice", "number"): f"'{series}-' || lpad(({sequence})::text, greatest(6, length(({sequence})::text)), '0')",
            ("invoice", "invoice_id"): "left(invoice_id, 15) || lpad(to_hex(copy.place), 12, '0')",
            ("revenue_movements", "is_test"): "false",
        }
        # Triggers would do again what they have done for the template.
        statements = ["BEGIN", "SET LOCAL session_replication_role = replica"]
        for table, condition in COPIED.items():
            statements.append(self.insertion(table, condition.format(tenant=self.tenant), first, last, replaced))
        statements += [
            f"UPDATE main.invoice_series SET last_number = last_number + {tenants * self.subscriptions} WHERE name = '{series}'",
            "INSERT INTO main.renewal_queues (tenant_id, due_at) SELECT tenant_id, min(due_at) FROM main.subscription_billing"
            " WHERE due_at IS NOT NULL GROUP BY tenant_id ON CONFLICT (tenant_id) DO NOTHING",
            "COMMIT",
        ]
        session = self.stack.session(DATABASE)
        session.communicate(";\n".join(statements) + ";\nVACUUM (ANALYZE);\n")
        if session.returncode != 0:
            sys.exit("the rows of the template could not be copied")
        self.copies = last
        return tenants * self.subscriptions

    def tenants(self, count):
        """Ids of the first copies."""
        return [copied(self.tenant, number) for number in range(1, min(count, self.copies) + 1)]

    def insertion(self, table, condition, first, last, replaced):
        """The statement that copies the rows of a table, with ids of their own that sort like those of the template."""
        names, values = [], []
        for name, kind in self.columns(table):
            value = f'source."{name}"'
            if (table, name) in replaced:
                value = replaced[table, name]
            elif kind == "uuid" and name not in SHARED:
                value = copied_in_sql(f"{value}::text")
            names.append(f'"{name}"')
            values.append(value)
        return (f"INSERT INTO main.{table} ({', '.join(names)}) SELECT {', '.join(values)}"
                f" FROM generate_series({first}, {last}) AS copy (place) CROSS JOIN main.{table} AS source"
                f" WHERE {condition} ORDER BY copy.place")

    def columns(self, table):
        """Name and type of each column that can be written."""
        return self.sql(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
            f" WHERE attrelid = 'main.{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
            " AND attidentity = '' ORDER BY attnum")

    def check_tables(self):
        """Every table that has something of the tenant is copied, or left out for a reason."""
        owned = self.sql(
            "SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'main' AND column_name = 'tenant_id' AND table_type = 'BASE TABLE'")
        forgotten = [
            table for table, in owned if table not in COPIED and table not in LEFT_OUT
            and self.sql(f"SELECT 1 FROM main.{table} WHERE tenant_id::text = '{self.tenant}' LIMIT 1")]
        if forgotten:
            sys.exit(f"{', '.join(forgotten)} have rows of a tenant with subscriptions: scripts/billing/copies.py has to copy them, too")
