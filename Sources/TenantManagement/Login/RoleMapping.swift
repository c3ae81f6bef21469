import JSONCoding
import Primitives
import ServiceKit

/// What values of a claim of the identity provider stand for: roles and permission codes of this product. A value that is not
/// listed gives nothing.
struct RoleMapping: Sendable, Hashable {
    /// Roles and permission codes together.
    struct Grant: Sendable, Hashable {
        var roles: [String] = []
        var permissions: [String] = []

        var isEmpty: Bool { roles.isEmpty && permissions.isEmpty }
    }

    /// What is wrong with a mapping, as the rest of a sentence.
    struct Malformed: Error, Sendable, Hashable {
        let reason: String
    }

    private static let maximumValues = 1000

    /// The claim; a path into objects with dots between the names, such as `realm_access.roles`.
    let claim: String
    private let grants: [ExactText: Grant]

    /// Reads `{"value": {"roles": ["Operator"], "permissions": ["10207"]}}`; a list of names stands for roles.
    /// - Throws: ``Malformed``.
    init(claim: String, json: [UInt8]) throws(Malformed) {
        self.claim = claim
        let value: JSONValue
        do {
            value = try JSONValue.parse(json, limits: JSONLimits(bytes: 256 << 10, allowsRepeatedKeys: false))
        } catch {
            throw Malformed(reason: "is not valid JSON: \(error)")
        }
        guard let object = value.objectValue, !object.isEmpty else {
            throw Malformed(reason: "must be a JSON object with at least one value of the claim")
        }
        guard object.count <= Self.maximumValues else {
            throw Malformed(reason: "has more than \(Self.maximumValues) values")
        }
        var grants: [ExactText: Grant] = [:]
        for (name, value) in object { grants[ExactText(name)] = try Self.grant(value, of: name) }
        self.grants = grants
    }

    private static func grant(_ value: JSONValue, of name: String) throws(Malformed) -> Grant {
        var grant = Grant()
        switch value {
        case .array: grant.roles = try texts(value, of: name)
        case .object(let members):
            for (member, value) in members {
                switch member {
                case "roles": grant.roles = try texts(value, of: name)
                case "permissions": grant.permissions = try texts(value, of: name)
                default:
                    throw Malformed(reason: "has \"\(member)\" for \"\(name)\"; known are roles and permissions")
                }
            }
        default: throw Malformed(reason: "must have an object or a list of roles for \"\(name)\"")
        }
        for role in grant.roles {
            guard Role.isName(role) else {
                throw Malformed(reason: "has \"\(role)\" for \"\(name)\", which cannot be the name of a role")
            }
            guard RoleCatalog.builtIn.role(named: role)?.audience != .tenant else {
                throw Malformed(reason: "has \(role) for \"\(name)\", which is a role of tenants' users")
            }
        }
        for code in grant.permissions where !isCode(code) {
            throw Malformed(reason: "has \"\(code)\" for \"\(name)\", which cannot be a permission code")
        }
        guard !grant.isEmpty else { throw Malformed(reason: "gives nothing for \"\(name)\"") }
        return grant
    }

    private static func texts(_ value: JSONValue, of name: String) throws(Malformed) -> [String] {
        let texts = (value.arrayValue ?? []).compactMap(\.stringValue)
        guard let list = value.arrayValue, list.count == texts.count else {
            throw Malformed(reason: "must have lists of texts for \"\(name)\"")
        }
        return texts
    }

    private static func isCode(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// What a user with these claims has. The claim is a text or a list of texts; other types give nothing.
    func grant(_ claims: JSONObject) -> Grant {
        let values: [String] =
            switch value(claims) {
            case .string(let text): [text]
            case .array(let list): list.compactMap(\.stringValue)
            default: []
            }
        var grant = Grant()
        for value in values {
            guard let more = grants[ExactText(value)] else { continue }
            grant.roles += more.roles.filter { !grant.roles.contains($0) }
            grant.permissions += more.permissions.filter { !grant.permissions.contains($0) }
        }
        return grant
    }

    /// The whole name first: namespaced claims are URLs with dots.
    private func value(_ claims: JSONObject) -> JSONValue? {
        if let value = claims[claim] { return value }
        var value = JSONValue.object(claims)
        for name in claim.split(separator: ".", omittingEmptySubsequences: false) {
            guard let member = value[String(name)] else { return nil }
            value = member
        }
        return value
    }
}
