import Entities
import JSONCoding
import Primitives

/// What a request to create a tenant says.
package struct TenantOnboardingInput: Sendable {
    /// A contact as sent.
    struct ContactInput: Sendable {
        let firstName: String
        let lastName: String
        let email: EmailAddress
        let isPrimary: Bool
        let type: String?
    }

    let name: String?
    let key: String?
    let domains: [String]
    let address: AddressInput
    let contact: ContactInput?
    let tier: String?

    /// Reads a body that has passed one of the schemas below.
    /// - Throws: ``ValidationFailure`` when the contact's e-mail is not an address.
    init(_ body: JSONObject) throws(ValidationFailure) {
        name = body.value(of: Tenant.name)
        key = body.value(of: Tenant.key)
        domains = (body.value(of: Tenant.domains) ?? []).map(DomainName.normalized)
        address = AddressInput(body)
        tier = body["tier"]?.stringValue
        if let contact = body["contact"]?.objectValue {
            guard let email = EmailAddress(contact.value(of: Contact.email) ?? "") else {
                throw ValidationFailure([.format("/contact\(Contact.email.path)", "email")])
            }
            self.contact = ContactInput(
                firstName: contact.value(of: Contact.firstName) ?? "",
                lastName: contact.value(of: Contact.lastName) ?? "",
                email: email, isPrimary: contact.value(of: Contact.isPrimary) ?? false,
                type: contact.value(of: Contact.type))
        } else {
            contact = nil
        }
    }

    private static func commonProperties(requiresName: Bool) -> [Schema.Property] {
        [
            .init(
                Tenant.name, .string(minLength: 1, maxLength: 100, pattern: .organizationName).example("Acme"),
                required: requiresName),
            .init(
                Tenant.key,
                .string(maxLength: Tenant.maximumKeyLength, pattern: .lowercaseAlphanumeric)
                    .described("Unique; generated from the name if omitted").example("acme")),
            .init(
                Tenant.domains,
                .array(of: .string(maxLength: 253, format: .hostname), uniqueItems: true, maxItems: 100),
                required: true),
        ] + Address.entity.fields.map { .init($0) }
    }

    /// Body of `POST /tenants`.
    static let operatorSchema = Schema.object(
        commonProperties(requiresName: true)
            + [
                .init("contact", contactSchema, required: true),
                .init(
                    "tier",
                    .string(minLength: 1, maxLength: 50, pattern: .visibleText)
                        .described("Tier for immediate provisioning (default: DEFAULT_TIER)").example("BASIC")),
            ], name: "TenantOnboardDTO")

    /// Body of `POST /leads/{id}/tenants`.
    static let leadSchema = Schema.object(commonProperties(requiresName: false), name: "LeadTenantOnboardDTO")

    private static let contactSchema = Schema.object(
        [
            .init(
                Contact.firstName, .string(minLength: 1, maxLength: 100, pattern: .personName).example("Ann"),
                required: true),
            .init(
                Contact.lastName, .string(minLength: 1, maxLength: 100, pattern: .personName).example("Lee"),
                required: true),
            .init(Contact.email, .string(maxLength: EmailAddress.maximumLength, format: .email), required: true),
            .init(Contact.isPrimary, .boolean, required: true),
            .init(Contact.type, .string(maxLength: 100, pattern: .visibleText)),
        ] + AuditBlock.requestProperties, name: "TenantContact")
}
