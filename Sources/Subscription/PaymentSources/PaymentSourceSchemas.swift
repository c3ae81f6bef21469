import Entities
import JSONCoding

/// Payment sources as the API shows them (docs/contract/arc-api.md 6.10).
enum PaymentSourceSchemas {
    /// Digits, which people group with blanks and hyphens.
    private static let number = Pattern(regex: "^[0-9 -]{12,30}$") { text in
        (12...30).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x20 || $0 == 0x2D }
    }

    private static let verificationCode = Pattern(regex: "^[0-9]{3,4}$") { text in
        (3...4).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static let month = Schema.integer(minimum: 1, maximum: 12).example(12)
    private static let year = Schema.integer(minimum: 0, maximum: 9999).example(2040)
    private static let gateway = Schema.string(maxLength: 255).example("gw_1")

    private static let newCard = Schema.object(
        [
            .init("gatewayAccountId", gateway, required: true),
            .init(
                "number",
                Schema.string(pattern: number).example("4242 4242 4242 4242").described("Never stored or returned"),
                required: true),
            .init("expiryMonth", month, required: true), .init("expiryYear", year, required: true),
            .init(
                "cvv", Schema.string(pattern: verificationCode).example("123").described("Never stored or returned"),
                required: true),
        ], name: "NewCard", isClosed: false)

    private static let card = Schema.object(
        [
            .init("gatewayAccountId", gateway), .init("number", .string().example("**** **** **** 4242")),
            .init("expiryMonth", month), .init("expiryYear", year), .init("cvv", .string().example("***")),
        ], name: "Card"
    ).described("The card, masked")

    private static let customer = Schema.string(maxLength: 255).example("cus_6f1c")
        .described("The provider's id of the customer, or the internal id")

    /// The body of `POST /billing-payment-source`.
    static let new = Schema.object(
        [
            .init("customerId", customer, required: true), .init("card", newCard),
            .init("options", Schema.freeObject.described("For the billing provider; not stored")),
        ], name: "NewPaymentSource"
    ).described("A new payment source of a customer.")

    /// A payment source as answers show it.
    static let source = Schema.object(
        [
            .init("id", .string().example("src_1f0c"), required: true),
            .init("customerId", .string().example("cus_6f1c"), required: true), .init("card", card),
        ], name: "PaymentSourceDto"
    ).described("A payment source.")
}
