#!/bin/sh
# Applies the module for one tenant, and says what it has made. See ../README.md.
. "$(dirname "$0")/common.sh"

run workspace select -or-create=true "$workspace"
run apply -input=false -auto-approve -lock-timeout=120s \
    -var "tenant_id=$ARC_TENANT_ID" -var "tenant_key=$ARC_TENANT_KEY" -var "tier=${ARC_TIER:-}"
exec "$program" -chdir="$ARC_TERRAFORM_MODULE" output -raw arc_result
