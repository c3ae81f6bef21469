# What provision.sh and deprovision.sh share. Variables: see ../README.md.
set -eu
: "${ARC_TENANT_ID:?}" "${ARC_TENANT_KEY:?}" "${ARC_TERRAFORM_MODULE:?}" "${ARC_TERRAFORM_DATA:?}"

case "$ARC_TENANT_KEY" in
    *[!a-z0-9]*) echo "the tenant's key must be lower-case letters and digits" >&2; exit 1 ;;
esac

# The event has the secret of the callback and is not needed here.
cat > /dev/null

program=${ARC_TERRAFORM:-}
if [ -z "$program" ]; then
    if command -v tofu > /dev/null 2>&1; then program=tofu; else program=terraform; fi
fi
workspace="tenant-$ARC_TENANT_KEY"

# Separate working data: several tenants are provisioned at once.
TF_DATA_DIR="$ARC_TERRAFORM_DATA/$ARC_TENANT_KEY"
TF_IN_AUTOMATION=1
export TF_DATA_DIR TF_IN_AUTOMATION
umask 077
mkdir -p "$TF_DATA_DIR"

# Standard output belongs to the result.
run() { "$program" -chdir="$ARC_TERRAFORM_MODULE" "$@" >&2; }

# Without backend or registry nothing can be done now: 75 does not count as an attempt.
if [ -n "${ARC_TERRAFORM_BACKEND:-}" ]; then
    run init -input=false -backend-config="$ARC_TERRAFORM_BACKEND" || exit 75
else
    run init -input=false || exit 75
fi
