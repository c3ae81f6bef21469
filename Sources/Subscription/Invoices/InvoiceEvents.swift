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
            EventType.creditNoteIssued, "A credit note has corrected an invoice.",
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
            ]),
    ]

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
            ])
    }
}
