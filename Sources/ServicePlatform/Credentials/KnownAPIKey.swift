package import Primitives
import ServiceKit

/// What a service has to know of an API key to accept it.
package struct KnownAPIKey: Sendable, Hashable {
    package let id: Identifier
    /// The tenant whose key it is; nil for the operator's.
    package let tenant: Identifier?
    package let permissions: [String]
    /// Names of roles, which are expanded when the key is used.
    package let roles: [String]
    /// Of the current secret.
    package let hash: [UInt8]
    package let expiresOn: Timestamp
    /// Of the secret before the last rotation, while both are accepted.
    package let previousHash: [UInt8]?
    package let previousExpiresOn: Timestamp?

    package init(
        id: Identifier, tenant: Identifier?, permissions: [String], roles: [String], hash: [UInt8],
        expiresOn: Timestamp, previousHash: [UInt8]? = nil, previousExpiresOn: Timestamp? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.permissions = permissions
        self.roles = roles
        self.hash = hash
        self.expiresOn = expiresOn
        self.previousHash = previousHash
        self.previousExpiresOn = previousExpiresOn
    }

    /// Until when a secret with one of these hashes is accepted; nil if the key has no such secret.
    func end(ofSecret hashes: [[UInt8]]) -> Timestamp? {
        if hashes.contains(where: { Self.isEqual($0, hash) }) { return expiresOn }
        guard let previousHash, let previousExpiresOn,
            hashes.contains(where: { Self.isEqual($0, previousHash) })
        else { return nil }
        return min(previousExpiresOn, expiresOn)
    }

    /// The hash under the current secret, if the stored one of the current text is under an earlier secret.
    /// - Parameter hashes: Of one text, under the current secret first.
    func rehash(_ hashes: [[UInt8]]) -> APIKeyUses.Rehash? {
        guard let current = hashes.first, current != hash, hashes.contains(hash) else { return nil }
        return APIKeyUses.Rehash(former: hash, current: current)
    }

    /// In a time that depends on the lengths only.
    private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// The caller who shows the key: a program of the operator, or one that acts as a user of the tenant.
    func identity(_ catalog: RoleCatalog) -> Identity {
        let expanded = catalog.permissions(of: roles, for: tenant == nil ? .operator : .tenant)
        return Identity(
            kind: tenant.map { .tenantUser($0) } ?? .service, credential: .apiKey(id), id: id.description,
            // The set of a role is shared.
            permissions: expanded.isSuperset(of: permissions) ? expanded : expanded.union(permissions))
    }
}
