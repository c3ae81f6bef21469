"""The official QueueEvents of BullMQ.

Usage: bullmq_events.py PORT PREFIX QUEUE LAST. Prints the stream from its beginning, a line of JSON for each event, up to the
first event with the name LAST.
"""
import asyncio
import json
import sys

from bullmq import QueueEvents

NAMES = ["added", "waiting", "delayed", "active", "completed", "failed", "retries-exhausted", "stalled", "drained", "paused",
         "resumed", "removed", "duplicated", "deduplicated"]


async def main():
    port, prefix, name, last = sys.argv[1:]
    connection = {"host": "127.0.0.1", "port": int(port), "socket_timeout": None}
    ended = asyncio.Event()
    events = QueueEvents(name, {"connection": connection, "prefix": prefix, "lastEventId": "0", "autorun": False})

    def listener(event):
        def note(arguments=None, *_):
            # `drained` has no arguments but the id of the entry.
            print(json.dumps({"event": event, **(arguments if isinstance(arguments, dict) else {})}))
            if event == last:
                ended.set()
        return note

    for event in NAMES:
        events.on(event, listener(event))
    running = asyncio.ensure_future(events.run())
    last_seen = asyncio.ensure_future(ended.wait())
    await asyncio.wait({running, last_seen}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        # Otherwise an error in a listener would leave this waiting for good.
        running.result()
    running.cancel()


asyncio.run(main())
