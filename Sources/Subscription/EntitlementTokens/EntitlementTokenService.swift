import Entities
import JSONCoding
import Primitives

/// Signs what a tenant has of features, so that an application decides without a call.
struct EntitlementTokenService: Sendable {
    let entitlements: EntitlementService
    let keys: EntitlementKeys
    let configuration: EntitlementTokenConfiguration

    /// Features of one token, which travels in headers.
    static let maximumFeatures = 100
    static let audience = "entitlements"

    /// A token, and until when it is valid.
    struct Issued: Sendable {
        let token: String
        let expires: Timestamp
    }

    /// A token of a tenant's features.
    /// - Parameter features: Their keys; empty for all.
    /// - Throws: ``EntitlementError``, ``EntitlementTokenError``.
    func issue(
        for tenant: Identifier, features: [String], at now: Timestamp, in scope: TenantScope
    ) async throws -> Issued {
        let entries = try await entitlements.entries(
            of: tenant, features: features.isEmpty ? nil : Set(features), limit: Self.maximumFeatures + 1, at: now,
            in: scope)
        guard entries.count <= Self.maximumFeatures else { throw EntitlementTokenError.tooManyFeatures }
        let found = Set(entries.map { ExactText($0.entitlement.feature) })
        for (index, feature) in features.enumerated() where !found.contains(ExactText(feature)) {
            throw EntitlementTokenError.featureNotFound(item: index)
        }
        guard let key = try await keys.ring().signing(at: now) else { throw EntitlementTokenError.noKey }
        let expires = Timestamp(seconds: now.seconds).adding(configuration.lifetime)
        var claimed: JSONObject = [:]
        for entry in entries { claimed[entry.entitlement.feature] = .object(Self.claim(entry)) }
        let token = try key.token([
            "iss": .string(configuration.issuer), "aud": .string(Self.audience), "sub": .identifier(tenant),
            "iat": .integer(now.seconds), "exp": .integer(expires.seconds), "jti": .identifier(.v4()),
            "features": .object(claimed),
        ])
        return Issued(token: token, expires: expires)
    }

    private static func claim(_ entry: EntitlementService.Entry) -> JSONObject {
        let entitlement = entry.entitlement
        var claim: JSONObject = ["on": .bool(entitlement.isOn), "source": .string(entitlement.reason.source.rawValue)]
        if let value = entitlement.value { claim["value"] = .string(value) }
        if let amount = entry.amount {
            if let limit = amount.limit { claim["limit"] = .string(limit) }
            if let left = amount.left { claim["left"] = .string(left) }
        }
        return claim
    }
}

/// Why no entitlement token can be issued.
enum EntitlementTokenError: Error, Sendable, Hashable {
    /// The catalog has more features than a token takes, and the request names none.
    case tooManyFeatures
    /// An item of the request is no feature.
    case featureNotFound(item: Int)
    /// No stored key can be opened.
    case noKey
}
