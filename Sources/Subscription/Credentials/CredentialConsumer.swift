import Entities
import JSONCoding
import MessageBus
import PostgresClient
import Primitives
import ServiceKit
import ServicePlatform

/// Copies API keys and revoked tokens, as tenant management reports them.
///
/// Deliveries leave no mark in the inbox: the versions of keys make repetitions harmless, and revocations never change.
struct CredentialConsumer: Sendable {
    static let group = "subscription-credentials"
    static let types: Set<String> = [EventType.apiKeyChanged, EventType.tokensRevoked]

    let repository: CredentialRepository
    /// Told at once; other nodes learn of it from the log of changed rows.
    let credentials: Credentials
    let clock: any WallClock

    func handle(_ delivery: EventDelivery) async throws {
        let data = (try? JSONValue.parse(stored: delivery.event.data)) ?? .null
        switch delivery.event.type {
        case EventType.apiKeyChanged:
            guard let report = Self.key(data) else {
                throw EventRejection(reason: "the event does not contain an API key with its version")
            }
            try await repository.store(report, at: clock.now())
            await credentials.keys.rowsChanged([RowVersion(id: report.key.id, version: report.version)])
        default:
            guard let revocation = Self.revocation(data) else {
                throw EventRejection(reason: "the event does not contain a revocation")
            }
            try await repository.store(revocation)
            await credentials.revokedTokens.rowsChanged([RowVersion(id: revocation.id, version: 1)])
        }
    }

    private static func key(_ data: JSONValue) -> CredentialRepository.Report? {
        guard let id = identifier(data["keyId"]),
            let permissions = texts(data["permissions"]), let roles = texts(data["roles"]),
            let hash = data["hash"]?.stringValue.flatMap(Hex.decode), !hash.isEmpty,
            let expiresOn = instant(data["expiresOn"]),
            let isDeleted = data["isDeleted"]?.boolValue, let version = data["version"]?.intValue
        else { return nil }
        // A member that limits the key is never taken for absent.
        let tenant = identifier(data["tenantId"])
        guard (data["tenantId"] == nil) == (tenant == nil) else { return nil }
        return CredentialRepository.Report(
            key: KnownAPIKey(
                id: id, tenant: tenant, permissions: permissions, roles: roles, hash: hash, expiresOn: expiresOn,
                previousHash: data["previousHash"]?.stringValue.flatMap(Hex.decode),
                previousExpiresOn: instant(data["previousExpiresOn"])),
            isDeleted: isDeleted, version: Int64(version))
    }

    private static func revocation(_ data: JSONValue) -> Revocation? {
        guard let id = identifier(data["revocationId"]),
            let kind = data["kind"]?.stringValue.flatMap(Revocation.Kind.init), let value = data["value"]?.stringValue
        else { return nil }
        return Revocation(
            id: id, kind: kind, value: value, tenant: identifier(data["tenantId"]),
            issuedBefore: instant(data["issuedBefore"]), expiresOn: instant(data["expiresOn"]))
    }

    private static func identifier(_ value: JSONValue?) -> Identifier? {
        value?.stringValue.flatMap { Identifier($0) }
    }

    private static func instant(_ value: JSONValue?) -> Timestamp? {
        value?.stringValue.flatMap { Timestamp(iso8601: $0) }
    }

    private static func texts(_ value: JSONValue?) -> [String]? {
        guard let list = value?.arrayValue else { return nil }
        let texts = list.compactMap(\.stringValue)
        return texts.count == list.count ? texts : nil
    }
}
