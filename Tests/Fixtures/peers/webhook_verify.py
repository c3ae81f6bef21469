"""Verifies what a receiver of webhooks got, with the libraries that receivers use.

usage: webhook_verify.py FILE

FILE is a JSON array of deliveries: {"headers": {...}, "body": Base64, "secrets": ["whsec_..."], "publicKeys": ["whpk_..."]}.
Each of the secrets has to verify it with standardwebhooks and with svix, and each of the public keys with cryptography.
"""
import base64
import json
import sys

import standardwebhooks
import svix
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def verify_ed25519(public_key, headers, body):
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_")))
    message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for part in headers["webhook-signature"].split(" "):
        version, signature = part.split(",", 1)
        if version != "v1a":
            continue
        try:
            return key.verify(base64.b64decode(signature), message)
        except InvalidSignature:
            continue
    raise InvalidSignature("no v1a signature of this key")


def expect_refusal(secret, headers, body):
    try:
        standardwebhooks.Webhook(secret).verify(body, headers)
    except standardwebhooks.WebhookVerificationError:
        return
    raise SystemExit("a changed body was accepted")


with open(sys.argv[1], encoding="utf-8") as file:
    deliveries = json.load(file)
for delivery in deliveries:
    headers = delivery["headers"]
    body = base64.b64decode(delivery["body"])
    for secret in delivery["secrets"]:
        content = standardwebhooks.Webhook(secret).verify(body, headers)
        svix.Webhook(secret).verify(body, headers)
        for member in ("type", "timestamp", "data"):
            content[member]
        expect_refusal(secret, headers, body + b" ")
    for public_key in delivery["publicKeys"]:
        verify_ed25519(public_key, headers, body)
print(f"{len(deliveries)} verified")
