"""Takes schemathesis past what no schema can say: which rows exist, which keys were mailed, which two values of a body
go together. And names the refusals of schema-valid input that are right all the same, each with its reason."""

import email
import json
import os
import pathlib
import random
import re
import sys
import uuid
import zlib

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.parameters import ParameterLocation
from schemathesis.openapi.checks import EnsureResourceAvailability, RejectedPositiveData

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from filters import FilterMaker  # noqa: E402

DICE = random.Random(int(os.environ["FUZZ_SEED"]))
OUTBOX = pathlib.Path(os.environ["ARC_HOME"]) / "outbox"
LEAD_LINK = re.compile(r"([0-9a-f]{8}-[0-9a-f-]{27})\?code=([0-9a-f]+)")
# Names of parameters and properties that refer to rows of another collection than their path says.
REFERENCES = {
    "tenantId": "tenants", "subscriberId": "tenants", "leadId": "leads", "planId": "plans", "currencyId": "currencies",
    "billingCycleId": "billing-cycles", "subscriptionId": "subscriptions", "featureId": "features",
    "featureKey": "features", "strategyId": "strategies",
}
KNOWN_ROWS = 50
# What is put in place of made-up headers; None takes them out, an empty text stands for a new UUID.
CONDITIONS = {
    "If-Match": [None, None, "*", '"1"', '"1", "2"', 'W/"1"', '"1-0123456789abcdef"'],
    "If-None-Match": [None, None, '"1"', "*"],
    "Idempotency-Key": [None, "", ""],
    "Prefer": [None, "return=representation", "count=exact"],
}

# The phase of coverage enumerates the schema of a filter in every place where it occurs: one in so many cases is sent.
# All are sent for `where` of counts, and for the other members of a filter.
REPETITIONS = [
    (re.compile(r"/(and|or)/items/|/\^scope\$/"), 16),  # conditions in conditions and in scopes
    (re.compile(r"^/properties/where/"), 8),
]

# What of a request is no query.
OTHER_PARTS = (ParameterLocation.PATH, ParameterLocation.HEADER, ParameterLocation.BODY)

# Ids by collection, newest last. The subscription service refuses tenants that do not exist, and cannot create any.
rows = {"tenants": os.environ.get("FUZZ_TENANTS", "").split()}
lead_domains = {}  # the domain of a lead's e-mail address, by the lead's id
lead_keys = []  # (lead, one-time key), from the mails
lead_tokens = []  # (lead, token), from verifications
read_mails = set()
filtered_cases = set()  # ids of the cases whose filter was made here


def collection(path):
    return path.strip("/").split("/")[0]


def is_good(case, part):
    """Whether a part of the request is meant to keep its schema."""
    component = case.meta and case.meta.components.get(part)
    return component is None or component.mode.is_positive


def row_of(name, needed=1):
    ids = rows.get(name, [])
    return DICE.choice(ids) if len(ids) >= needed and DICE.random() < 0.75 else None


def remember(name, value):
    if isinstance(value, dict) and isinstance(value.get("id"), str):
        ids = rows.setdefault(name, [])
        if value["id"] not in ids:
            ids.append(value["id"])
            del ids[:-KNOWN_ROWS]


def read_mailed_keys():
    for path in OUTBOX.glob("*.eml"):
        if path.name in read_mails:
            continue
        read_mails.add(path.name)
        message = email.message_from_bytes(path.read_bytes())
        for part in message.walk():
            text = (part.get_payload(decode=True) or b"").decode(errors="replace")
            if match := LEAD_LINK.search(text):
                lead_keys.append(match.groups())
                break


@schemathesis.hook
def filter_case(context, case):
    """Whether a case is sent: not every repetition of what coverage has done elsewhere."""
    if case.meta is None or case.meta.phase.name.value != "coverage":
        return True
    data = case.meta.phase.data
    if data.parameter not in ("filter", "where"):
        return True
    location = data.location or ""
    share = next((share for place, share in REPETITIONS if place.search(location)), 1)
    if case.method == "PATCH" or not location:
        share = max(share, 8)
    return zlib.crc32(f"{case.operation.label} {location} {data.description}".encode()) % share == 0


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None:
        return
    path = context.operation.path
    # In the stateful phase ids come from earlier answers.
    if case.meta.phase.name.value != "stateful" and is_good(case, ParameterLocation.PATH):
        for name in case.path_parameters:
            before = path.split("{" + name + "}")[0].strip("/").split("/")[-1]
            row = row_of(REFERENCES.get(name, before), needed=4 if case.method == "DELETE" else 1)
            if row:
                case.path_parameters[name] = row
    if is_good(case, ParameterLocation.QUERY):
        unquote_filters(case)
        if DICE.random() < 0.5:
            make_filter(case)
        if "cursor" in case.query and DICE.random() < 0.8:
            del case.query["cursor"]
    if case.meta.phase.name.value == "coverage":
        replace_tags(case)
    if not is_good(case, ParameterLocation.HEADER):
        return
    make_conditions(case)
    if path == "/leads/{id}/verify":
        read_mailed_keys()
        authorize(case, lead_keys)
    elif path == "/leads/{id}/tenants":
        authorize(case, lead_tokens)
    if isinstance(case.body, dict) and is_good(case, ParameterLocation.BODY):
        align(case)


def shape(case):
    """Properties and relations of the rows that the case's collection lists."""
    document = case.operation.schema.raw_schema

    def resolved(schema):
        return document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema

    try:
        answers = document["paths"]["/" + collection(case.operation.path)]["get"]["responses"]
        rows = resolved(answers["200"]["content"]["application/json"]["schema"])
        found = resolved(rows["items"])["properties"]
    except KeyError:
        return {}, []
    is_relation = {name: "$ref" in schema or "$ref" in schema.get("items", {}) for name, schema in found.items()}
    return {name: found[name] for name in found if not is_relation[name]}, [name for name in found if is_relation[name]]


def unquote_filters(case):
    """The phase of examples serializes parameters with JSON content twice; a JSON string is not a condition."""
    for name in ("filter", "where"):
        value = case.query.get(name)
        if not isinstance(value, str) or not value.startswith('"'):
            continue
        try:
            inner = json.loads(value)
        except ValueError:
            continue
        if isinstance(inner, str) and inner.startswith("{"):
            case.query[name] = inner


def make_filter(case):
    """In place of a random object, which is no filter, one that is or nearly is."""
    for name in ("filter", "where"):
        if name not in {parameter.name for parameter in case.operation.query}:
            continue
        properties, relations = shape(case)
        if not properties:
            return
        maker = FilterMaker(DICE, properties, relations)
        made = maker.where() if name == "where" else maker.filter(has_where="{id}" not in case.operation.path)
        case.query[name] = json.dumps(made)
        filtered_cases.add(case.id)


def make_conditions(case):
    """Entity tags and idempotency keys that mean something, most of the time: others stop at the door."""
    for name, values in CONDITIONS.items():
        if name in case.headers and DICE.random() < 0.85:
            value = DICE.choice(values)
            if value is None:
                del case.headers[name]
            else:
                case.headers[name] = value or str(uuid.UUID(int=DICE.getrandbits(128), version=4))


def replace_tags(case):
    """Puts an entity tag where coverage has a value only because the header must have one: it knows no value that fits
    the pattern."""
    for name in ("If-Match", "If-None-Match"):
        if name in case.headers and case.meta.phase.data.parameter != name:
            value = DICE.choice(CONDITIONS[name])
            if value is None:
                del case.headers[name]
            else:
                case.headers[name] = value


def authorize(case, pairs):
    """Presents what belongs to a lead, once. Without `Authorization` the request is one of those that have to fail."""
    if pairs and "Authorization" in case.headers:
        case.path_parameters["id"], secret = pairs.pop()
        case.headers["Authorization"] = f"Bearer {secret}"


def align(case):
    """Makes values agree that the service compares with each other."""
    body = case.body
    for name, value in body.items():
        if name in REFERENCES and isinstance(value, str):
            body[name] = row_of(REFERENCES[name]) or value
    # A PUT cannot give a row another id.
    if case.method == "PUT" and "id" in body and "id" in case.path_parameters:
        body["id"] = case.path_parameters["id"]
    # An event has the type that its path names.
    for part in (body, body.get("detail")):
        if "eventType" in case.path_parameters and isinstance(part, dict):
            part.update({name: case.path_parameters["eventType"] for name in ("detail-type", "type") if name in part})
    # A tenant's contact, or the lead that becomes it, has an address at one of the tenant's domains.
    contact, domains = body.get("contact"), body.get("domains")
    domain = domain_of(contact["email"]) if isinstance(contact, dict) and "email" in contact else None
    if case.operation.path == "/leads/{id}/tenants":
        domain = lead_domains.get(case.path_parameters["id"])
    if domain and isinstance(domains, list) and domain not in domains:
        domains[:] = [*domains[:99], domain]


def domain_of(address):
    return address.rsplit("@", 1)[1] if isinstance(address, str) and "@" in address else None


@schemathesis.hook
def after_call(context, case, response):
    if not 200 <= response.status_code < 300 or "json" not in str(response.headers.get("content-type")):
        return
    path = context.operation.path
    try:
        body = response.json()
    except ValueError:
        return  # another check's finding
    if path == "/leads/{id}/verify":
        lead_tokens.append((case.path_parameters["id"], body.get("token")))
    elif path.count("/") == 1:
        for row in body if isinstance(body, list) else [body]:
            remember(collection(path), row)
        if path == "/leads" and case.method == "POST":
            lead_domains[body["id"]] = domain_of(case.body["email"])


def error(response):
    try:
        body = response.json()["error"]
    except (ValueError, KeyError, TypeError):
        return {}
    return body if isinstance(body, dict) else {}


def message(response):
    return error(response).get("message")


def details(response):
    return error(response).get("details") or []


def has_only(codes, response):
    found = details(response)
    return bool(found) and all(detail.get("code") in codes for detail in found)


def code(response):
    return error(response).get("code")


# What a lead was mailed or given, what the orchestrator signs, and a provider's password: made up, they are refused.
SECRETS = ("/leads/{id}/verify", "/leads/{id}/tenants", "/manage/users", "/webhook", "/webhooks/billing-payment", "/webhooks/chargebee",
           "/tenant-exports/{id}/data")

# Refusals of input that keeps its schema: the reason, and how such an answer is known.
RIGHT_REFUSALS = [
    ("these operations want a secret that the fuzzer has at most once; everywhere else its token is good for all",
     lambda case, response: case.operation.path in SECRETS and response.status_code == 401),
    ("filters that were made here (filters.py) break their schema now and then; the answer says where",
     lambda case, response: response.status_code == 400 and case.id in filtered_cases
     and code(response) in ("INVALID_PARAMETER_VALUE", "INVALID_INCLUSION_FILTER", "OPERATOR_NOT_ALLOWED_IN_QUERY")),
    ("only PostgreSQL knows which texts are regular expressions",
     lambda case, response: response.status_code == 400 and "regexp" in str(case.query)
     and has_only({"pattern"}, response)),
    ("how deep a filter goes and how much it may return is more than one of its members",
     lambda case, response: response.status_code == 400
     and has_only({"maxRows", "maxDepth", "maxIncludes", "maxConditions"}, response)),
    ("a filter that keeps its schema may be longer than a request may be",
     lambda case, response: response.status_code == 414),
    ("a condition that selects all rows of a bulk change must be {}",
     lambda case, response: case.method == "PATCH" and response.status_code == 400
     and has_only({"unrestricted"}, response)),
    ("a key that was used for another request; keys that are made up are the same all the time",
     lambda case, response: response.status_code == 422 and code(response) == "IDEMPOTENCY_KEY_REUSED"),
    ("whom a customer is for is said by the token of a tenant's user, and by a header for operators",
     lambda case, response: case.operation.path == "/billing-customer" and response.status_code == 400
     and code(response) == "MISSING_REQUIRED_PARAMETER"),
    ("whether a card or a token makes a payment source is the provider's to say; ours wants a card",
     lambda case, response: case.operation.path == "/billing-payment-source" and response.status_code == 422
     and has_only({"required"}, response) and "card" in str(details(response))),
    ("an event has a detail, or its own members are those of a detail",
     lambda case, response: case.operation.path == "/event-bridge/events/{eventType}" and response.status_code == 422
     and has_only({"required"}, response) and all(detail.get("path") == "" for detail in details(response))),
    ("only the key of the service tells whether a sealed secret can be opened",
     lambda case, response: case.operation.path == "/event-bridge/events/{eventType}" and response.status_code == 422
     and all(detail.get("path", "").endswith("/secret") for detail in details(response)) and "sealed:" in str(case.body)),
    ("items of one request that name the same row or feature: uniqueItems compares whole items only",
     lambda case, response: case.operation.path == "/plans/{id}/features" and response.status_code == 422
     and has_only({"uniqueItems"}, response)),
    ("the contract wants a 400 with the reason, not a 422, for a subscription without id or plan.tier",
     lambda case, response: case.operation.path == "/tenants/{id}/provision" and response.status_code == 400
     and "required" in str(message(response)).lower()),
    ("cursors are made by the service, for one list and order",
     lambda case, response: response.status_code == 400 and code(response) == "INVALID_PARAMETER_VALUE"
     and "cursor" in case.query and has_only({"invalid", "cursor"}, response)),
    ("the document itself says that this operation always fails",
     lambda case, response: response.status_code < 500
     and not any(status.startswith("2") for status in case.operation.definition.raw["responses"])),
    ("PostgreSQL stores no NUL, and no schema can keep it out of the depths of free-form JSON",
     lambda case, response: response.status_code in (400, 422)
     and (has_only({"pattern"}, response) and all("u0000" in str(detail.get("info")) for detail in details(response))
          or has_only({"type"}, response) and "\\u0000" in str(case.query))),
    ("the decimals of a price depend on the currency, a row of another table",
     lambda case, response: response.status_code == 422 and has_only({"decimals"}, response)),
    ("a tenant is made of its lead, and only the database knows the lead's address and mail domain",
     lambda case, response: case.operation.path == "/leads/{id}/tenants" and response.status_code == 400
     and message(response) in ("Address mismatch with Lead", "Contact email domain does not match tenant domains")),
    ("the charges of an invoice add up to a sum that can be paid",
     lambda case, response: case.operation.path == "/billing-invoice" and response.status_code == 422
     and has_only({"minimum"}, response) and all(detail.get("path") == "/charges" for detail in details(response))),
    ("what an invoice in the database allows: terms that do not change, a payment of its total",
     lambda case, response: case.operation.path.startswith("/billing-invoice/{invoiceId}")
     and response.status_code == 422 and has_only({"immutable", "total"}, response)),
    ("a card's number has a check digit, and whether a card has expired depends on the day",
     lambda case, response: case.operation.path == "/billing-payment-source" and response.status_code == 422
     and has_only({"luhn", "expired"}, response)),
    ("which permission codes and roles there are is more than their pattern",
     lambda case, response: collection(case.operation.path) in ("api-keys", "roles") and response.status_code == 422
     and has_only({"permission", "role"}, response)),
    ("built-in roles do not change",
     lambda case, response: case.operation.path == "/roles/{id}" and response.status_code == 403
     and code(response) == "ROLE_READ_ONLY"),
    ("how long an API key lives is counted from now",
     lambda case, response: collection(case.operation.path) == "api-keys" and response.status_code == 422
     and has_only({"range"}, response) and all(detail.get("path") == "/expiresOn" for detail in details(response))),
    ("a revocation ends after now; one of a user begins before now, and one of a token has no such instant",
     lambda case, response: case.operation.path == "/token-revocations" and response.status_code == 422
     and has_only({"range"}, response)
     and all(detail.get("path") in ("/issuedBefore", "/expiresOn") for detail in details(response))),
    ("a webhook endpoint stays with its tenant",
     lambda case, response: case.operation.path == "/webhook-endpoints/{id}" and response.status_code == 422
     and has_only({"tenant"}, response) and all(detail.get("path") == "/tenantId" for detail in details(response))),
    ("no schema compares two values: what ends or is due is not before its start, in the body or in the row",
     lambda case, response: collection(case.operation.path) in ("subscriptions", "invoices")
     and response.status_code == 422 and has_only({"order"}, response)),
]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    # A filter that was made here is understood or refused, the document does not say which; what else breaks the
    # schema must be refused all the same. (Refusals of such filters: the first reasons above.)
    if isinstance(failure, AcceptedNegativeData) and case.id in filtered_cases:
        return not all(is_good(case, part) for part in OTHER_PARTS)
    # The plan is there; what it is asked to change is not. Only a deleted row can be restored.
    if isinstance(failure, EnsureResourceAvailability):
        return not (case.operation.path.endswith("/restore")
                    or case.operation.path == "/plans/{id}/features" and has_only({"exists"}, response))
    if not isinstance(failure, RejectedPositiveData):
        return True
    return not any(is_right(case, response) for _, is_right in RIGHT_REFUSALS)
