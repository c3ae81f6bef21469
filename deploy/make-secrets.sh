#!/usr/bin/env bash
# Makes the missing secrets of deploy/docker-compose.yml, each in a separate file; existing ones stay.
#   make-secrets.sh [folder]     default: deploy/secrets
# The folder is for its owner only. The files in it can be read by everybody who gets into it, because the containers, each of
# which runs as another user and mounts its own secrets only, have to read them.
set -euo pipefail
folder=${1:-$(cd "$(dirname "$0")" && pwd)/secrets}
mkdir -p "$folder"
chmod 700 "$folder"

made=0
write() { # name, content
    (umask 077 && printf '%s' "$2" >"$folder/$1.new")
    chmod 444 "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
    made=$((made + 1))
}
make() { # name
    [ -s "$folder/$1" ] || write "$1" "$(openssl rand -hex 32)"
}

for name in postgres_tenant_management_password postgres_subscription_password tenant_mgmt_owner_password \
    tenant_mgmt_app_password subscription_owner_password subscription_app_password orchestrator_owner_password \
    orchestrator_app_password provisioner_password redis_password jwt_secret data_encryption_key metrics_token \
    pgadmin_password grafana_password redis_commander_password; do
    make "$name"
done

# With it pgAdmin opens both databases without asking, as the roles that own them.
escaped() { sed 's/[\\:]/\\&/g' "$folder/$1"; }
pgpass="postgres-tenant-management:5432:*:tenant_mgmt_owner:$(escaped tenant_mgmt_owner_password)
postgres-subscription:5432:*:subscription_owner:$(escaped subscription_owner_password)"
[ "$(cat "$folder/pgadmin_pgpass" 2>/dev/null)" = "$pgpass" ] || write pgadmin_pgpass "$pgpass"

echo "$folder: $made of 17 secrets were made, the others were there"
