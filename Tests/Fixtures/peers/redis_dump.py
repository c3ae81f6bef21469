"""Prints all keys of all databases of a Redis server with all values.

usage: redis_dump.py PORT PASSWORD
"""

import sys

import redis

READERS = {
    b"string": lambda client, key: [client.get(key)],
    b"hash": lambda client, key: [part for pair in client.hgetall(key).items() for part in pair],
    b"list": lambda client, key: client.lrange(key, 0, -1),
    b"set": lambda client, key: client.smembers(key),
    b"zset": lambda client, key: [member for member, _ in client.zrange(key, 0, -1, withscores=True)],
    b"stream": lambda client, key: [part for _, fields in client.xrange(key) for pair in fields.items() for part in pair],
}

count = 0
for database in range(16):
    client = redis.Redis(port=int(sys.argv[1]), password=sys.argv[2], db=database)
    for key in client.scan_iter(count=1000):
        kind = client.type(key)
        if kind == b"none":
            continue
        count += 1
        for part in [key, *READERS[kind](client, key)]:
            sys.stdout.buffer.write((part or b"") + b"\n")
print("keys:", count)
