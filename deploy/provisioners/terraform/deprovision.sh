#!/bin/sh
# Destroys what was made for one tenant. Also undoes a provisioning that was given up. See ../README.md.
. "$(dirname "$0")/common.sh"

# Made if it is missing, so that a second run is like the first.
run workspace select -or-create=true "$workspace"
run destroy -input=false -auto-approve -lock-timeout=120s \
    -var "tenant_id=$ARC_TENANT_ID" -var "tenant_key=$ARC_TENANT_KEY" -var "tier=${ARC_TIER:-}"
run workspace select default
run workspace delete "$workspace"
rm -rf "$TF_DATA_DIR"
