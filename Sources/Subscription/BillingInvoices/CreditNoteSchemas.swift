import Entities
import JSONCoding

/// Bodies of credit notes.
enum CreditNoteSchemas {
    /// Lines that one credit note may name.
    static let maximumLines = 100

    private static let line = Schema.object(
        [
            .init(
                "position",
                Schema.integer(minimum: 1, maximum: 32_767).example(1).described("Of the line on the invoice"),
                required: true),
            .init(
                "amount",
                Schema.integer(minimum: 1, maximum: InvoiceSchemas.maximumAmount).example(1000).described(
                    "In minor units, before the tax that is added to it. Omitted: all that is left of the line")),
        ], name: "NewCreditNoteLine")

    /// The body of a request for a credit note.
    static let new = Schema.object(
        [
            .init(
                "lines",
                Schema.array(of: line, minItems: 1, maxItems: maximumLines).described(
                    "What is credited. Omitted: all that is left of the invoice")),
            .init(
                "destination",
                Schema.string(oneOf: CreditNoteRow.Destination.allCases.map(\.rawValue)).example("payer").described(
                    "invoice: reduces what is due on it; refund: is paid back; account: becomes account credit, which later invoices use; payer, the default: invoice if the invoice is not paid, otherwise refund"
                )),
            .init(
                "reason",
                Schema.string(minLength: 1, maxLength: 500).example("Two days of outage").described(
                    "Shown on the credit note")),
        ], name: "NewCreditNote")
}
