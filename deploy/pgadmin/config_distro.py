# pgAdmin's settings in the container. The image writes such a file at its first start unless there is one; with this one its root
# file system can be read-only.
CA_FILE = "/etc/ssl/certs/ca-certificates.crt"
LOG_FILE = "/dev/null"
HELP_PATH = "../../docs"
DEFAULT_BINARY_PATHS = {"pg": "/usr/local/pgsql-15", "pg-15": "/usr/local/pgsql-15"}
# Passwords come from the secret; nothing is asked for or stored.
MASTER_PASSWORD_REQUIRED = False
ALLOW_SAVE_PASSWORD = False
UPGRADE_CHECK_ENABLED = False
ENHANCED_COOKIE_PROTECTION = True
MAX_LOGIN_ATTEMPTS = 5
