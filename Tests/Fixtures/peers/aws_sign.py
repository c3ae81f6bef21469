"""Signs requests with botocore: reads a JSON array of requests from the file of the first argument, prints a JSON array with
the canonical request and the signature of each."""

import json
import sys

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class PlainS3(S3SigV4Auth):
    """S3's way with paths, with the payload hashed as for all other services and not repeated in a header."""

    def payload(self, request):
        return SigV4Auth.payload(self, request)


def sign(given):
    credentials = Credentials(given["key"], given["secret"], given.get("token"))
    signer = (PlainS3 if given["asSent"] else SigV4Auth)(credentials, given["service"], given["region"])
    url = f"https://{given['host']}{given['path']}" + (f"?{given['query']}" if given["query"] else "")
    request = AWSRequest(method=given["method"], url=url, data=given["body"].encode())
    for name, value in given["headers"]:
        request.headers.add_header(name, value)
    request.headers["X-Amz-Date"] = given["time"]
    if given.get("token"):
        request.headers["X-Amz-Security-Token"] = given["token"]
    request.context["timestamp"] = given["time"]
    canonical = signer.canonical_request(request)
    text = signer.string_to_sign(request, canonical)
    return {"canonical": canonical, "signature": signer.signature(text, request),
            "signed": signer.signed_headers(signer.headers_to_sign(request))}


with open(sys.argv[1], encoding="utf-8") as file:
    print(json.dumps([sign(given) for given in json.load(file)]))
