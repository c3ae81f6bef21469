"""Does the main job with the generated Python clients against a running stack: creates, lists with filter objects and
includes, counts by condition, changes, and reads errors. Exits with 1 at the first answer that is not as it should be."""

import os
import time
import uuid

import arc_subscription as subscription
import arc_tenant_management as management

TOKEN = os.environ["ARC_TOKEN"]
# A key is ten letters and digits, and unique.
KEY = "c" + uuid.uuid4().hex[:8]


def client(package, variable):
    configuration = package.Configuration(
        host=f"http://127.0.0.1:{os.environ[variable]}", access_token=TOKEN)
    return package.ApiClient(configuration)


def expect(holds, what):
    if not holds:
        raise SystemExit(f"clients: {what}")
    print(f"clients: {what}: yes")


def refused(package, status, call):
    """The error of a call that must be refused, as the generated model reads it."""
    try:
        call()
    except package.ApiException as exception:
        expect(exception.status == status, f"a refusal is a {status}")
        return package.ErrorResponse.from_json(exception.body).error
    raise SystemExit(f"clients: a call that must be refused with {status} was not")


def tenants(api):
    created = api.tenant_controller_create(management.TenantOnboardDTO(
        name="Client Ltd", key=KEY, domains=[f"{KEY}.example.com"], address="1 Main Street", city="Springfield", country="India",
        contact=management.TenantContact(
            first_name="Ann", last_name="Lee", email=f"ann@{KEY}.example.com", is_primary=True)))
    expect(created.key == KEY and created.id, "a tenant is created")

    def found(**members):
        return api.tenant_controller_find(filter=management.TenantFilter(
            where=management.TenantCondition(key=KEY), **members))

    listed = found(include=["contacts", {"relation": "address", "scope": {"fields": ["city"]}}], order="createdOn DESC")
    expect(len(listed) == 1 and listed[0].contacts[0].first_name == "Ann", "a filter object selects it, with its contacts")
    expect(listed[0].address and listed[0].address.city == "Springfield" and listed[0].address.country is None,
           "a relation has a scope")
    # Members that were set to nothing count as absent.
    expect(len(found(fields=None, order=None, limit=None, skip=None, offset=None, include=None)) == 1,
           "members that are null are absent")
    nested = management.TenantFilter(where=management.TenantCondition(
        var_and=[management.TenantCondition(key={"like": KEY[:4] + "%"}), management.TenantCondition(lead_id={"eq": None})]),
        limit=10)
    expect(KEY in [tenant.key for tenant in api.tenant_controller_find(filter=nested)], "conditions are combined")
    expect(api.tenant_controller_count(where=management.TenantCondition(key=KEY)).count == 1, "a condition is counted")
    expect(api.tenant_controller_count(
        where=management.TenantCondition(created_on={"gt": created.created_on.isoformat()}, key=KEY)).count == 0,
        "what an answer shows is a condition")

    api.tenant_controller_update_by_id(created.id, management.TenantPartial(name="Client GmbH"))
    changed = api.tenant_controller_find_by_id_with_http_info(created.id)
    expect(changed.data.name == "Client GmbH", "a tenant is changed")
    tag = changed.headers["ETag"]
    api.tenant_controller_update_by_id(created.id, management.TenantPartial(name="Client AG"), if_match=tag)
    error = refused(management, 412, lambda: api.tenant_controller_update_by_id(
        created.id, management.TenantPartial(name="Client SE"), if_match=tag))
    expect(error.code == "VERSION_MISMATCH", "an outdated change is refused")
    error = refused(management, 404, lambda: api.tenant_controller_find_by_id(str(uuid.uuid4())))
    expect(error.message == "EntityNotFound", "the error of a missing row is read")
    return created.id


def violations(api):
    """A body that the model lets pass and the service refuses."""
    error = refused(management, 409, lambda: api.tenant_controller_create(management.TenantOnboardDTO(
        name="Client Ltd", key=KEY, domains=[f"{KEY}.example.com"],
        contact=management.TenantContact(
            first_name="Ann", last_name="Lee", email=f"ann@{KEY}.example.com", is_primary=True))))
    expect(KEY in str(error.message), "a conflict names the key")
    contacts = management.ContactControllerApi(api.api_client)
    error = refused(management, 400, lambda: contacts.contact_controller_find(
        filter=management.ContactFilter(include=["nobody"])))
    expect(error.code == "INVALID_INCLUSION_FILTER", "an unknown relation is named")


def subscribe(client, tenant):
    plans = subscription.PlanControllerApi(client).plan_controller_find(filter=subscription.PlanFilter(
        where=subscription.PlanCondition(tier={"inq": ["PREMIUM", "BASIC"]}), order=["price DESC", "name"],
        include=["billingCycle", "currency"], limit=5))
    expect(plans and plans[0].currency.currency_code, "plans are listed with their currency")
    api = subscription.SubscriptionControllerApi(client)
    created = api.subscription_controller_create(
        subscription.NewSubscription(subscriber_id=tenant, plan_id=plans[-1].id, status=0),
        idempotency_key=str(uuid.uuid4()))
    expect(created.status == 0 and created.invoice_id, "a subscription is made with its draft invoice")
    api.subscription_controller_update_by_id(created.id, subscription.SubscriptionPartial(status=1))
    listed = api.subscription_controller_find(filter=subscription.SubscriptionFilter(
        where=subscription.SubscriptionCondition(subscriber_id=tenant, status=1), include=["plan"]))
    expect([row.plan.id for row in listed] == [plans[-1].id], "the active subscription is listed with its plan")
    expect(api.subscription_controller_count(
        where=subscription.SubscriptionCondition(subscriber_id=tenant)).count == 1, "and counted")


def await_provisioning(api, tenant):
    deadline = time.monotonic() + 120
    while True:
        row = api.tenant_controller_find_by_id(
            tenant, filter=management.TenantSingleFilter(include=["resources"], fields=None))
        if row.status == 0:
            break
        if time.monotonic() > deadline:
            raise SystemExit(f"clients: the tenant has status {row.status} after two minutes")
        time.sleep(0.5)
    expect(row.resources, "the tenant is provisioned")


def main():
    with client(management, "TENANT_MANAGEMENT_PORT") as tenant_client, \
            client(subscription, "SUBSCRIPTION_PORT") as subscription_client:
        api = management.TenantControllerApi(tenant_client)
        tenant = tenants(api)
        violations(api)
        subscribe(subscription_client, tenant)
        await_provisioning(api, tenant)


if __name__ == "__main__":
    main()
