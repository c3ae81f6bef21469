#!/bin/sh
# Starts Redis with the password of the secret, which only a file in memory holds.
set -eu
umask 077
{
    cat /etc/redis/redis.conf
    printf 'requirepass "%s"\n' "$(sed 's/[\\"]/\\&/g' /run/secrets/redis_password)"
} >/tmp/redis.conf
exec redis-server /tmp/redis.conf
