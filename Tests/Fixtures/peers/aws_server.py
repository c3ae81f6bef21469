"""The server of moto at 127.0.0.1, with a check of signatures in front of it: moto checks none. Arguments: the port.

The secret of an access key is `secret-of-` and the key. Requests that are not signed, such as those of STS with a web identity,
pass. The server ends with the process that started it."""

import datetime
import io
import json
import os
import sys
import threading
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import DomainDispatcherApplication, create_backend_app
from moto.sqs.models import Queue, SQSBackend
from werkzeug.serving import WSGIRequestHandler, make_server


def remember_deduplication():
    """moto recognizes a repetition only as long as the first message is in the queue; SQS does so for five minutes."""
    add = Queue.add_message

    def add_once(queue, message):
        if queue.fifo_queue and message.deduplication_id:
            seen = queue.__dict__.setdefault("deduplicated", {})
            key = (message.group_id, message.deduplication_id)
            with queue._messages_lock:
                if time.monotonic() - seen.get(key, -1000) < 300:
                    return
                seen[key] = time.monotonic()
        add(queue, message)

    Queue.add_message = add_once


def make_atomic():
    """moto changes its lists of messages without a lock: of a message that is sent while another one is deleted, nothing may be
    left, and two polls may get the same one. And a poll spins as long as messages wait behind one of their group, and does not
    see that it is gone. SQS does none of this."""
    changed = threading.Condition(threading.RLock())
    receive = SQSBackend.receive_message

    def atomic(operation):
        def run(*arguments, **named):
            with changed:
                try:
                    return operation(*arguments, **named)
                finally:
                    changed.notify_all()

        return run

    def poll(backend, queue_name, count, wait_seconds_timeout, *arguments, **named):
        end = time.monotonic() + wait_seconds_timeout
        with changed:
            while True:
                messages = receive(backend, queue_name, count, 0, *arguments, **named)
                left = end - time.monotonic()
                if messages or left <= 0:
                    return messages
                # Delays and visibility timeouts end without a notification.
                changed.wait(min(left, 0.1))

    SQSBackend.receive_message = poll
    for name in (
            "send_message", "send_message_batch", "delete_message", "delete_message_batch", "change_message_visibility",
            "change_message_visibility_batch", "get_queue_attributes", "purge_queue", "delete_queue"):
        setattr(SQSBackend, name, atomic(getattr(SQSBackend, name)))


class VerifyingApplication:
    def __init__(self, application):
        self.application = application

    def __call__(self, environment, start_response):
        authorization = environment.get("HTTP_AUTHORIZATION", "")
        if authorization.startswith("AWS4-HMAC-SHA256 "):
            code = self.problem(environment, authorization)
            if code:
                body = json.dumps({"__type": f"com.amazon.coral.service#{code}", "message": authorization}).encode()
                now = datetime.datetime.now(datetime.timezone.utc)
                start_response("403 Forbidden", [
                    ("Content-Type", "application/x-amz-json-1.0"), ("Content-Length", str(len(body))),
                    ("Date", now.strftime("%a, %d %b %Y %H:%M:%S GMT"))])
                return [body]
        return self.application(environment, start_response)

    def problem(self, environment, authorization):
        parts = dict(part.strip().split("=", 1) for part in authorization.split(" ", 1)[1].split(","))
        key, _, region, service, _ = parts["Credential"].split("/")
        if key.startswith("EXPIRED"):
            return "ExpiredTokenException"
        stamp = environment["HTTP_X_AMZ_DATE"]
        at = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if abs((datetime.datetime.now(datetime.timezone.utc) - at).total_seconds()) > 300:
            return "InvalidSignatureException"
        length = int(environment.get("CONTENT_LENGTH") or 0)
        body = environment["wsgi.input"].read(length)
        environment["wsgi.input"] = io.BytesIO(body)
        query = environment.get("QUERY_STRING", "")
        url = f"http://{environment['HTTP_HOST']}{environment['PATH_INFO']}" + (f"?{query}" if query else "")
        request = AWSRequest(method=environment["REQUEST_METHOD"], url=url, data=body)
        for name in parts["SignedHeaders"].split(";"):
            variable = name.upper().replace("-", "_")
            variable = variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"
            request.headers[name] = environment.get(variable, "")
        request.context["timestamp"] = stamp
        signer = SigV4Auth(Credentials(key, f"secret-of-{key}"), service, region)
        expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        return None if expected == parts["Signature"] else "SignatureDoesNotMatch"


class QuietHandler(WSGIRequestHandler):
    def log_request(self, *arguments):
        pass


def follow(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


remember_deduplication()
make_atomic()
threading.Thread(target=follow, args=(os.getppid(),), daemon=True).start()
server = make_server(
    "127.0.0.1", int(sys.argv[1]), VerifyingApplication(DomainDispatcherApplication(create_backend_app)), threaded=True,
    request_handler=QuietHandler)
print("ready", flush=True)
server.serve_forever()
