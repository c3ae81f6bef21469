# What provision.sh and deprovision.sh share. Variables: see ../README.md.
set -eu
: "${ARC_TENANT_ID:?}" "${ARC_TENANT_KEY:?}"

case "$ARC_TENANT_KEY" in
    *[!a-z0-9]*) echo "the tenant's key must be lower-case letters and digits" >&2; exit 1 ;;
esac

# The event has the secret of the callback and is not needed here.
cat > /dev/null

namespace="tenant-$ARC_TENANT_KEY"

# When the cluster does not answer, this does not count as an attempt.
kubectl --request-timeout=10s get --raw /readyz > /dev/null || exit 75

# A namespace is only touched if it is new or this tenant's.
owner=$(kubectl --request-timeout=30s get namespace "$namespace" --ignore-not-found \
    -o 'jsonpath={.metadata.name} {.metadata.labels.arc/tenant-id}')
case "$owner" in
    "" | "$namespace $ARC_TENANT_ID") ;;
    *) echo "the namespace $namespace exists and is not this tenant's" >&2; exit 1 ;;
esac
