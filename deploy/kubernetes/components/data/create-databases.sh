#!/bin/sh
# Runs once, when the data folder is new (as the image of PostgreSQL runs what is in its folder for scripts). Makes for each name
# in DATABASES the database NAME_db with its owner NAME_owner, who migrates, and the role NAME_app, which owns nothing; and
# with APPLICATION_DATABASE the database of tenants' data with its owner, provisioner. Passwords are files in SECRETS.
set -eu
: "${DATABASES:?}" "${POSTGRES_USER:=postgres}" "${SECRETS:=/run/secrets/arc}"

# SQL is read from standard input, because it has passwords in it; a statement that fails must not bring them into the log.
run() { # database
    { echo "SET log_statement = 'none'; SET log_min_error_statement = 'panic'; SET password_encryption = 'scram-sha-256';"; cat; } |
        psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$1" >/dev/null
}

password() { # role
    sed "s/'/''/g" "$SECRETS/$1"
}

for name in $DATABASES; do
    run postgres <<SQL
CREATE ROLE ${name}_owner LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '$(password "${name}_owner")';
CREATE ROLE ${name}_app LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '$(password "${name}_app")';
CREATE DATABASE ${name}_db OWNER ${name}_owner;
REVOKE ALL ON DATABASE ${name}_db FROM PUBLIC;
GRANT CONNECT ON DATABASE ${name}_db TO ${name}_app;
SQL
    run "${name}_db" <<SQL
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA main AUTHORIZATION ${name}_owner;
GRANT USAGE ON SCHEMA main TO ${name}_app;
SQL
done
if [ -n "${APPLICATION_DATABASE:-}" ]; then
    run postgres <<SQL
CREATE ROLE provisioner LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB CREATEROLE PASSWORD '$(password provisioner)';
CREATE DATABASE $APPLICATION_DATABASE OWNER provisioner;
REVOKE ALL ON DATABASE $APPLICATION_DATABASE FROM PUBLIC;
SQL
    run "$APPLICATION_DATABASE" <<SQL
REVOKE ALL ON SCHEMA public FROM PUBLIC;
SQL
fi
run postgres <<SQL
REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;
SQL
