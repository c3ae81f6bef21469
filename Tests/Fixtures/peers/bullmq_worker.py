"""The official Worker of BullMQ.

Usage: bullmq_worker.py PORT PREFIX QUEUE OPTIONS, with the worker's options as JSON. What a job does is the first word of its
name: `ok`, `fail`, `hold` (for ever), or `until N` to fail before the N-th attempt. Prints a line of JSON for each attempt.
"""
import asyncio
import json
import sys

from bullmq import Worker


async def process(job, token):
    words = job.name.split()
    print(json.dumps({"id": job.id, "name": job.name, "data": job.data, "attempt": job.attemptsMade + 1}))
    if words[0] == "hold":
        await asyncio.sleep(3600)
    if words[0] == "fail" or (words[0] == "until" and job.attemptsMade + 1 < int(words[1])):
        raise RuntimeError("as told")
    return {"echo": job.data}


async def main():
    port, prefix, name, options = sys.argv[1:]
    connection = {"host": "127.0.0.1", "port": int(port), "socket_timeout": None}
    Worker(name, process, {"connection": connection, "prefix": prefix, **json.loads(options)})
    print(json.dumps({"ready": True}))
    await asyncio.sleep(3600)


asyncio.run(main())
