import JSONCoding

/// The value of a tenant's setting `auth0` (docs/contract/arc-api.md 9.6).
struct Auth0TenantConfig: Sendable {
    /// The database connection in which the user is created.
    let connection: String
    let displayName: String?
    let branding: JSONValue?
    let enabledConnections: JSONValue?
    /// Members that are handed on with the user as they are.
    let userFields: JSONObject

    private static let texts = [
        "phone_number", "given_name", "family_name", "nickname", "picture", "user_id",
    ]
    private static let switches = ["verify_email", "blocked", "email_verified"]
    private static let objects = ["user_metadata", "app_metadata"]

    /// - Throws: ``IdentityProviderFailure/unusable(path:reason:)`` that names the member which is not as it must be.
    init(_ value: JSONValue) throws(IdentityProviderFailure) {
        guard let connection = try Self.text(value, "connection") else {
            throw Self.wrong("connection", "is missing: it names the connection in which the user is created")
        }
        self.connection = connection
        displayName = try Self.text(value, "display_name")
        var fields: JSONObject = [:]
        for name in Self.texts { if let text = try Self.text(value, name) { fields[name] = .string(text) } }
        for name in Self.switches {
            guard let member = Self.member(value, name) else { continue }
            guard member.boolValue != nil else { throw Self.wrong(name, "must be boolean") }
            fields[name] = member
        }
        for name in Self.objects {
            guard let member = Self.member(value, name) else { continue }
            guard member.objectValue != nil else { throw Self.wrong(name, "must be object") }
            fields[name] = member
        }
        userFields = fields
        enabledConnections = try Self.connections(value)
        branding = try Self.branding(value)
    }

    private static func connections(_ value: JSONValue) throws(IdentityProviderFailure) -> JSONValue? {
        guard let connections = member(value, "enabled_connections") else { return nil }
        guard let list = connections.arrayValue, list.count <= 10,
            list.allSatisfy({ $0["connection_id"]?.stringValue != nil })
        else {
            throw wrong("enabled_connections", "must be an array of at most 10 objects with a connection_id")
        }
        return connections
    }

    private static func branding(_ value: JSONValue) throws(IdentityProviderFailure) -> JSONValue? {
        var branding: JSONObject = [:]
        if let logo = try text(value, "logo_url") { branding["logo_url"] = .string(logo) }
        var colors: JSONObject = [:]
        if let color = try text(value, "primary_color") { colors["primary"] = .string(color) }
        if let color = try text(value, "page_background") { colors["page_background"] = .string(color) }
        if !colors.isEmpty { branding["colors"] = .object(colors) }
        guard !branding.isEmpty else { return nil }
        return .object(branding)
    }

    private static func text(_ value: JSONValue, _ name: String) throws(IdentityProviderFailure) -> String? {
        guard let member = member(value, name) else { return nil }
        guard let text = member.stringValue, text.utf8.count <= 2048 else {
            throw wrong(name, "must be a string of at most 2048 bytes")
        }
        return text.isEmpty ? nil : text
    }

    private static func member(_ value: JSONValue, _ name: String) -> JSONValue? {
        guard let member = value[name], !member.isNull else { return nil }
        return member
    }

    private static func wrong(_ name: String, _ reason: String) -> IdentityProviderFailure {
        .unusable(path: "", reason: "The tenant's setting \"auth0\": \(name) \(reason).")
    }
}
