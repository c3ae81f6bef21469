#!/bin/sh
# Removes the namespace of one tenant with everything in it. Also undoes a provisioning that was given up. See ../README.md.
. "$(dirname "$0")/common.sh"

kubectl --request-timeout=600s delete namespace "$namespace" --ignore-not-found --wait=true --timeout=600s >&2
printf '{"resources": [{"type": "kubernetes-namespace", "externalIdentifier": "%s", "metadata": {"namespace": "%s"}}]}\n' \
    "$namespace" "$namespace"
