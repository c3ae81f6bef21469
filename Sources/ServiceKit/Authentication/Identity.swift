import JSONCoding
package import Primitives

/// Who a verified token speaks for (contract 3.3).
package struct Identity: Sendable, Hashable {
    /// Claim `id`: the user. Service tokens may lack it; it need not be a UUID.
    package let id: String?
    /// Claim `userTenantId`: the audit identity, before `id`.
    package let userTenantID: String?
    /// Claim `tenantId`: the tenant whose user this is.
    package let tenantID: String?
    /// Claim `role`.
    package let role: String?
    /// Claim `email`.
    package let email: String?
    /// Claim `permissions`; only strings count (contract 3.3: numbers never match).
    package let permissions: Set<String>
    /// Claim `exp`; nil for tokens without an end.
    package let expiresAt: Timestamp?

    /// Makes one from its parts.
    package init(
        id: String?, userTenantID: String? = nil, tenantID: String? = nil, role: String? = nil, email: String? = nil,
        permissions: Set<String>, expiresAt: Timestamp? = nil
    ) {
        self.id = id
        self.userTenantID = userTenantID
        self.tenantID = tenantID
        self.role = role
        self.email = email
        self.permissions = permissions
        self.expiresAt = expiresAt
    }

    /// Text stored as `createdBy` and `modifiedBy`: `userTenantId ?? id` (contract 3.3).
    package var auditID: String? { userTenantID ?? id }

    /// Whose idempotency keys the caller's are.
    var keyOwner: String { "user \(tenantID ?? "")/\(userTenantID ?? "")/\(id ?? "")" }

    /// Whether one of the accepted permissions is held. An empty list accepts every identity.
    package func holdsAny(of accepted: [String]) -> Bool {
        accepted.isEmpty || accepted.contains { permissions.contains($0) }
    }
}

extension Identity {
    /// Reads the claims of a verified token.
    init(claims: JSONObject) {
        var permissions: Set<String> = []
        for case .string(let permission) in claims["permissions"]?.arrayValue ?? [] { permissions.insert(permission) }
        self.init(
            id: claims["id"]?.stringValue,
            userTenantID: claims["userTenantId"]?.stringValue,
            tenantID: claims["tenantId"]?.stringValue,
            role: claims["role"]?.stringValue,
            email: claims["email"]?.stringValue,
            permissions: permissions,
            expiresAt: Self.time(claims["exp"]))
    }

    /// A NumericDate of RFC 7519 section 2: seconds since 1970, possibly with a fraction.
    static func time(_ value: JSONValue?) -> Timestamp? {
        guard case .number(let number) = value, abs(number.double) < 9e12 else { return nil }
        return Timestamp(microseconds: Int64(number.double * 1_000_000))
    }
}
