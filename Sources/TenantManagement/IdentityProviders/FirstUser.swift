import Entities
import JSONCoding
import Primitives

/// The tenant and the person for whom an identity provider is set up, as the body of `POST /manage/users` says.
struct FirstUser: Sendable, Hashable {
    let tenant: Identifier
    let key: String
    let tenantName: String
    let email: EmailAddress
    let firstName: String?
    let lastName: String?
    let tier: String

    /// Whether the tenant gets its own realm or organization; the others of a tier share one.
    var isSiloed: Bool { tier == "PREMIUM" }

    /// Name of the realm or organization.
    var home: String { isSiloed ? key : tier.lowercased() }

    /// Names that no tenant's realm or organization may have: the provider's own, and those that tiers share.
    private static let reservedKeys: Set<String> = ["master", "premium", "standard", "basic"]

    /// Reads the free-form `tenant` and `plan`.
    /// - Parameter storedKey: The tenant's key in the database, which the body must agree with: a pipeline speaks for its
    ///   own tenant only, not for the realm of another one.
    /// - Throws: ``ValidationFailure`` that points at the member that is missing or unusable.
    init(tenant id: Identifier, storedKey: String, body: JSONObject) throws(ValidationFailure) {
        let tenant = body["tenant"] ?? .null
        let (keyPath, contactPath) = ("/tenant\(Tenant.key.path)", "/tenant/\(Tenant.contacts.name)/0")
        self.tenant = id
        key = try Self.text(tenant[Tenant.key], keyPath, maximum: 20)
        guard key == storedKey else {
            throw .invalidField(keyPath, code: "const", "must be the key of the tenant")
        }
        tenantName = try Self.text(tenant[Tenant.name], "/tenant\(Tenant.name.path)", maximum: 100)
        let contact = tenant[Tenant.contacts.name]?[0] ?? .null
        let emailPath = contactPath + Contact.email.path
        let address = try Self.text(contact[Contact.email], emailPath, maximum: EmailAddress.maximumLength)
        guard let email = EmailAddress(address) else {
            throw .invalidField(emailPath, code: "format", "must match format \"email\"")
        }
        self.email = email
        firstName = try Self.optionalText(contact[Contact.firstName], contactPath + Contact.firstName.path)
        lastName = try Self.optionalText(contact[Contact.lastName], contactPath + Contact.lastName.path)
        tier = try Self.text(body["plan"]?["tier"], "/plan/tier", maximum: 50)
        if isSiloed, Self.reservedKeys.contains(key) {
            throw .invalidField(
                keyPath, code: "not",
                "is reserved at identity providers, so the tenant cannot have its own realm")
        }
    }

    private static func text(_ value: JSONValue?, _ path: String, maximum: Int) throws(ValidationFailure) -> String {
        guard let value, !value.isNull else {
            throw .invalidField(path, code: "required", "is needed to create the user")
        }
        guard let text = value.stringValue else { throw .invalidField(path, code: "type", "must be string") }
        guard (1...maximum).contains(text.unicodeScalars.count) else {
            throw .invalidField(path, code: "maxLength", "must have 1 to \(maximum) characters")
        }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw .invalidField(path, code: "pattern", "must not have control characters")
        }
        return text
    }

    private static func optionalText(_ value: JSONValue?, _ path: String) throws(ValidationFailure) -> String? {
        guard let value, !value.isNull, value != "" else { return nil }
        return try text(value, path, maximum: 100)
    }
}
