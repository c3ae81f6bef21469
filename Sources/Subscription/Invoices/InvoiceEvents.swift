import Entities
import MessageBus

/// The events of invoices and credit notes, which triggers publish.
enum InvoiceEvents {
    static let all = [
        invoice(EventType.invoiceIssued, "An invoice got its number. One without anything to pay is paid at once."),
        invoice(EventType.invoicePaid, "An invoice was paid, or credited completely."),
        invoice(EventType.invoiceVoided, "An invoice was voided: nobody has to pay it."),
        invoice(EventType.invoiceUncollectible, "An invoice was written off. A payment takes that back."),
        EventDescription(
            EventType.creditNoteIssued, "A credit note was issued for an invoice.",
            [
                .init("tenantId", .string(format: .uuid), required: true),
                .init("invoiceId", .string(format: .uuid), required: true),
                .init("creditNoteId", .string(format: .uuid), required: true),
                .init("subscriptionId", .string(format: .uuid).nullable(), required: true),
                .init("number", .string(maxLength: 60), required: true),
                .init("currencyCode", .string(maxLength: 3), required: true),
                .init("total", .integer().described("What is given back, in minor units"), required: true),
                .init(
                    "destination", .string(oneOf: CreditNoteRow.Destination.allCases.map(\.rawValue)), required: true),
                .init("issuedOn", .string(maxLength: 10), required: true),
                mail([
                    .init("invoiceNumber", .string(maxLength: 60).described("Number of the invoice that is corrected"))
                ]),
            ]),
    ]

    /// Who gets a mail about the event.
    private static func mail(_ more: [Schema.Property]) -> Schema.Property {
        .init(
            "mail",
            .object(
                [
                    .init(
                        "to",
                        .string(maxLength: 320).described("Address of the billing customer; absent if it has none")),
                    .init("locale", .string(maxLength: 35).described("Locale of that customer, for amounts and dates")),
                ] + more, isClosed: false
            ).described("Absent if nobody gets a mail, for example because the tenant is on a test clock"))
    }

    private static func invoice(_ type: String, _ summary: String) -> EventDescription {
        EventDescription(
            type, summary,
            [
                .init("tenantId", .string(format: .uuid), required: true),
                .init("invoiceId", .string(format: .uuid), required: true),
                .init("subscriptionId", .string(format: .uuid).nullable(), required: true),
                .init("number", .string(maxLength: 60), required: true),
                .init("currencyCode", .string(maxLength: 3), required: true),
                .init("total", .integer().described("What was to be paid, in minor units"), required: true),
                .init("issuedOn", .string(maxLength: 10), required: true),
                .init("dueOn", .string(maxLength: 10), required: true),
                mail([
                    .init("amount", .integer().described("What is to be paid, or was paid, in minor units")),
                    .init("isCollected", .boolean.described("Whether it is taken from the tenant's payment source")),
                ]),
            ])
    }
}
