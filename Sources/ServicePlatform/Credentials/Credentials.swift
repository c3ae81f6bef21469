package import Configuration
package import ConfigurationChecks
package import Logging
package import PostgresClient
package import Primitives
package import Sealing
package import ServiceKit

/// What a service knows of API keys and of revoked tokens.
///
/// Keys: `API_KEY_SECRET` (secret; the hashes of API keys are made with it, the same for all services; default:
/// `DATA_ENCRYPTION_KEY`, and API keys that were hashed under `DATA_DECRYPTION_KEYS` are accepted too),
/// `API_KEY_PREVIOUS_SECRET` (secret; API keys that were hashed under it are accepted too).
package struct Credentials: Sendable {
    package static let configurationKeys = ConfigurationKeys(
        [], secrets: ["API_KEY_SECRET", "API_KEY_PREVIOUS_SECRET"])

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
        let own = try reader.secret("api.key.secret").map { [EncryptionKey(secret: $0)] }
        let previous = try reader.secret("api.key.previous.secret").map { [EncryptionKey(secret: $0)] }
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
