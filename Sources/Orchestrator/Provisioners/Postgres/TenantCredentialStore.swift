import KeyRotation
import Logging
import PostgresClient
import Primitives
import Sealing

/// The passwords of the roles made for tenants: sealed in `orchestrator_db`, known to others by reference only.
///
/// A password is stored before the role is made with it, so that a run that is taken up again uses the same one.
struct TenantCredentialStore: Sendable {
    /// A role's password.
    struct Credential: Sendable {
        /// Identity of the row, and the last part of the reference.
        let id: Identifier
        let password: String

        /// What the tenant's resource contains instead of the password.
        var reference: String { "orchestrator/tenant-credentials/\(id)" }
    }

    let pool: PostgresPool
    let sealer: Sealer
    let clock: any WallClock
    let logger: Logger

    /// The password of a role; a new one is generated when the role has none.
    /// - Parameters:
    ///   - role: Name of the role.
    ///   - server: `host:port` of the server that it belongs to.
    ///   - tenant: Whose role it is.
    /// - Throws: `ProvisioningFailure` when the role is another tenant's, or the database cannot be reached.
    func credential(
        role: String, server: String, tenant: Identifier
    ) async throws(ProvisioningFailure) -> Credential {
        do {
            return try await load(role: role, server: server, tenant: tenant)
        } catch let failure as ProvisioningFailure {
            throw failure
        } catch let error as PostgresError {
            let reason = "the password could not be stored: \(error)"
            throw error.isDependencyUnavailable ? .unavailable(reason) : .transient(reason)
        } catch {
            throw .transient("the password could not be sealed")
        }
    }

    /// The password of a role; nil when none is stored for the tenant, or it cannot be opened.
    func find(role: String, server: String, tenant: Identifier) async throws(ProvisioningFailure) -> String? {
        do {
            guard let row = try await pool.query(Self.select, [.text(server), .text(role)]).first,
                try row.identifier(1) == tenant
            else { return nil }
            let label = Self.label(try row.identifier(0))
            let sealed = try row.bytes(2)
            return (try? sealer.open(sealed, label: label)).map { String(decoding: $0, as: UTF8.self) }
        } catch {
            throw .from(error)
        }
    }

    /// Deletes the password of a tenant's role; nothing happens when none is stored.
    func remove(role: String, server: String, tenant: Identifier) async throws(ProvisioningFailure) {
        do {
            _ = try await pool.query(Self.delete, [.text(server), .text(role), .identifier(tenant)])
        } catch {
            let reason = "the password could not be deleted: \(error)"
            throw error.isDependencyUnavailable ? .unavailable(reason) : .transient(reason)
        }
    }

    private func load(role: String, server: String, tenant: Identifier) async throws -> Credential {
        let now = clock.now()
        let candidate = Identifier.v7(at: now)
        let password = Self.newPassword()
        let key: [PostgresValue] = [.text(server), .text(role)]
        var batch = PostgresBatch()
        batch.add(
            Self.insert,
            key + [
                .identifier(candidate), .identifier(tenant),
                .bytes(try sealer.seal(Array(password.utf8), label: Self.label(candidate))), .timestamp(now),
            ])
        let selection = batch.add(Self.select, key)
        guard let row = try await pool.run(batch)[selection].first else {
            throw ProvisioningFailure.transient("the password was removed while it was read")
        }
        guard try row.identifier(1) == tenant else {
            throw ProvisioningFailure.permanent("role \(role) belongs to another tenant")
        }
        let id = try row.identifier(0)
        if let known = try? sealer.open(try row.bytes(2), label: Self.label(id)) {
            return Credential(id: id, password: String(decoding: known, as: UTF8.self))
        }
        return try await replace(id, role: role)
    }

    /// A password that cannot be opened is lost, as after a change of the key; the role gets a new one.
    private func replace(_ id: Identifier, role: String) async throws -> Credential {
        logger.warning(
            "a tenant's password cannot be opened with this key; a new one replaces it", metadata: ["role": "\(role)"])
        let password = Self.newPassword()
        let sealed = try sealer.seal(Array(password.utf8), label: Self.label(id))
        _ = try await pool.query(Self.update, [.identifier(id), .bytes(sealed), .timestamp(clock.now())])
        return Credential(id: id, password: password)
    }

    /// 192 bits, in characters that need no escape anywhere.
    private static func newPassword() -> String { SecureRandom.hex(bytes: 24) }

    private static func label(_ id: Identifier) -> String { label(id.description) }

    private static func label(_ id: String) -> String { "tenant_credentials/\(id)" }

    /// The passwords, as `arc keys rotate` finds them.
    static let sealedColumn = SealedColumn(
        "main.tenant_credentials", "sealed_password", key: [.init("id", "uuid")],
        purpose: StoredSecrets.purpose
    ) { SealedPlace(label($0.text("id"))) }

    private static let insert: PostgresStatement = """
        INSERT INTO main.tenant_credentials (server, role, id, tenant_id, sealed_password, created_on, modified_on)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
        ON CONFLICT (server, role) DO NOTHING
        """

    private static let select: PostgresStatement = """
        SELECT id, tenant_id, sealed_password FROM main.tenant_credentials WHERE server = $1 AND role = $2
        """

    private static let delete: PostgresStatement = """
        DELETE FROM main.tenant_credentials WHERE server = $1 AND role = $2 AND tenant_id = $3
        """

    private static let update: PostgresStatement = """
        UPDATE main.tenant_credentials SET sealed_password = $2, modified_on = $3 WHERE id = $1
        """
}
