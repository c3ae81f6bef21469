-- Makes a database with its roles; run by psql as the superuser when a new cluster is prepared.
--   psql -v database=… -v owner=… -v runtime=… -v rights=…     (an empty runtime: only the owner works in it)
-- OWNER_PASSWORD_FILE and RUNTIME_PASSWORD_FILE name files with the passwords. They are read here, so that no argument and no
-- line in the log of the server shows one.
\set ON_ERROR_STOP on
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET password_encryption = 'scram-sha-256';
\set owner_password `cat "$OWNER_PASSWORD_FILE"`
SELECT format(
    'CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOREPLICATION %s PASSWORD %L', :'owner',
    CASE WHEN :'rights' = '' THEN 'NOCREATEDB NOCREATEROLE' ELSE :'rights' END, :'owner_password') \gexec
SELECT format('CREATE DATABASE %I', :'database') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
ALTER DATABASE :"database" OWNER TO :"owner";
-- By default everybody may connect to every database.
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;
\connect :"database"
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET password_encryption = 'scram-sha-256';
REVOKE ALL ON SCHEMA public FROM PUBLIC;
SELECT :'runtime' <> '' AS has_runtime \gset
\if :has_runtime
    \set runtime_password `cat "$RUNTIME_PASSWORD_FILE"`
    -- Row-level security applies to this role, because it owns nothing.
    CREATE ROLE :"runtime" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION
        PASSWORD :'runtime_password';
    GRANT CONNECT ON DATABASE :"database" TO :"runtime";
    CREATE SCHEMA main AUTHORIZATION :"owner";
    GRANT USAGE ON SCHEMA main TO :"runtime";
\endif
