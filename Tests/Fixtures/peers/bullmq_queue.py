"""The official Queue of BullMQ.

Usage: bullmq_queue.py PORT PREFIX QUEUE COMMANDS, where COMMANDS is a JSON list of lists: an operation and its arguments.
Prints a JSON list of the results.
"""
import asyncio
import json
import sys

from bullmq import Job, Queue


async def perform(queue, operation, *arguments):
    if operation == "add":
        name, data, options = arguments
        return (await queue.add(name, data, options)).id
    if operation == "state":
        return await queue.getJobState(arguments[0]) if hasattr(queue, "getJobState") else await state(queue, arguments[0])
    if operation == "job":
        job = await Job.fromId(queue, arguments[0])
        if job is None:
            return None
        return {
            "data": job.data,
            "returnvalue": job.returnvalue,
            "failedReason": job.failedReason,
            "attemptsMade": job.attemptsMade,
            "stacktrace": job.stacktrace,
        }
    if operation == "pause":
        return await queue.pause()
    if operation == "resume":
        return await queue.resume()
    if operation == "isPaused":
        return await queue.isPaused()
    if operation == "counts":
        return await queue.getJobCounts(*arguments)
    raise ValueError(operation)


async def state(queue, job_id):
    job = await Job.fromId(queue, job_id)
    return None if job is None else await job.getState()


async def main():
    port, prefix, name, commands = sys.argv[1:]
    connection = {"host": "127.0.0.1", "port": int(port), "socket_timeout": None}
    queue = Queue(name, {"connection": connection, "prefix": prefix})
    print(json.dumps([await perform(queue, *command) for command in json.loads(commands)]))
    await queue.close()


asyncio.run(main())
