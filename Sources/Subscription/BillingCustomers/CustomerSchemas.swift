import Entities
import JSONCoding

/// Customers and addresses as the API shows them (docs/contract/arc-api.md 6.8).
enum CustomerSchemas {
    private static func text(_ maxLength: Int, _ example: String) -> Schema {
        .string(maxLength: maxLength).example(.string(example))
    }

    private static func name(_ example: String) -> Schema {
        .string(maxLength: 255, pattern: .visibleText).example(.string(example))
    }

    private static let email = Schema.string(maxLength: 320, format: .email).example("ann@acme.example.com")

    /// `AddressDto`. There is no street line.
    static let address = Schema.object(
        [
            .init("firstName", name("Ann")), .init("lastName", name("Lee")),
            .init("email", email, required: true), .init("company", name("Acme")),
            .init("phone", text(50, "NA")), .init("city", text(255, "Springfield"), required: true),
            .init("state", text(255, "Illinois"), required: true), .init("zip", text(50, "62701"), required: true),
            .init("country", text(255, "United States"), required: true), .init("options", .freeObject),
        ], name: "AddressDto"
    ).described("An address without a street line.")

    private static let members: [Schema.Property] = [
        .init("firstName", name("Ann")), .init("lastName", name("Lee")),
        .init("email", email), .init("company", name("Acme")),
        .init("phone", text(50, "NA")), .init("billingAddress", address),
        .init("options", Schema.freeObject.described("For the billing provider")),
    ]

    private static let id = Schema.Property("id", text(255, "cus_6f1c").described("The billing provider's id"))

    /// The body of `POST /billing-customer`.
    static let new = Schema.object(members, name: "NewCustomer").described("A new customer of the billing provider.")
    /// A customer as answers show it.
    static let customer = Schema.object([id] + members, name: "CustomerDto")
        .described("A customer of the billing provider.")
    /// The body of `PATCH /billing-customer/{tenantId}`.
    static let changes = Schema.object([id] + members, name: "CustomerDtoPartial")
        .described("Members of a customer to change; `id` is ignored.")

    /// The answer of `GET /billing-customer`.
    static let withInfo = Schema.object(
        [
            .init("customerDetails", customer, required: true),
            .init("info", BillingCustomer.entity.schemaWithRelations, required: true),
        ], name: "BillingCustomerWithInfo")
}
