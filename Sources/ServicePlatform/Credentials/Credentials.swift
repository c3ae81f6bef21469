package import Configuration
package import ConfigurationChecks
package import Logging
package import PostgresClient
package import Primitives
package import Sealing
package import ServiceKit

/// What a service knows of API keys and of revoked tokens.
package struct Credentials: Sendable {
    private enum Settings {
        static let secret = Setting.secret(
            "API_KEY_SECRET", unset: "`DATA_ENCRYPTION_KEY`",
            "The hashes of API keys are made with it; must be the same in all services. By default, API keys that were hashed under `DATA_DECRYPTION_KEYS` are accepted too"
        )
        static let previous = Setting.secret(
            "API_KEY_PREVIOUS_SECRET",
            "API keys that were hashed under it are accepted too; see [Rotating secrets](operations.md#rotating-secrets)"
        )
    }

    package static let configurationKeys = ConfigurationKeys("API keys", [Settings.secret, Settings.previous])

    package let hasher: APIKeyHasher
    package let uses: APIKeyUses
    package let keys: KnownAPIKeys
    package let revokedTokens: RevokedTokens

    /// - Parameter encryptionKeys: Hashes are made with them unless the configuration names a secret for that.
    /// - Throws: `ConfigurationFailure` that names the variable.
    init(
        reader: ConfigReader, encryptionKeys: EncryptionKeys, roles: RoleBook, pool: PostgresPool, clock: any WallClock,
        logger: Logger
    ) throws(ConfigurationFailure) {
        let own = try reader.value(Settings.secret).map { [EncryptionKey(secret: $0)] }
        let previous = try reader.value(Settings.previous).map { [EncryptionKey(secret: $0)] }
        hasher = APIKeyHasher((own ?? encryptionKeys.all) + (previous ?? []))
        uses = APIKeyUses()
        let repository = KnownAPIKeyRepository(pool: pool)
        keys = KnownAPIKeys(hasher: hasher, roles: roles, uses: uses, clock: clock) { hashes in
            try await repository.find(hashes: hashes)
        }
        revokedTokens = RevokedTokens(repository: RevocationRepository(pool: pool), logger: logger)
    }

    /// Who has to hear of changed rows, by their table.
    var listeners: [String: any RowChangeListener] { ["api_keys": keys, "token_revocations": revokedTokens] }
}
