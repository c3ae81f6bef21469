import Billing
import Entities
import JSONCoding

/// The answer of `POST /billing-preview`.
extension BillingPreviewSchemas {
    private static let money = Schema.string().example("25.50")
    private static let minorUnits = Schema.integer().example(2550)
    private static let place = Schema.string().example("2024-01-31").described(
        "A date, or an instant if seconds are billed")

    private static let explanation = Schema.object(
        [
            .init("rule", .string().example("part of a period"), required: true),
            .init("formula", .string().example("8.50 × 3 × 17/31"), required: true),
            .init("inputs", Schema.freeObject.example(["unitAmount": "8.50", "quantity": "3"]), required: true),
            .init(
                "rounding", Schema.string().example("half_up, 0").described("The mode, and what it has added"),
                required: true),
        ], name: "LineExplanation"
    ).described("How the amount of a line comes about.")

    private static let line = Schema.object(
        [
            .init("type", .string(oneOf: InvoiceLineDetails.Kind.allCases.map(\.rawValue)), required: true),
            .init("item", .string().example("seats")), .init("description", .string().example("seats"), required: true),
            .init("from", place), .init("to", place), .init("quantity", .string().example("3")),
            .init("amount", money, required: true), .init("amountMinor", minorUnits, required: true),
            .init("discountShare", money), .init("taxShare", money), .init("explanation", explanation, required: true),
        ], name: "PreviewedLine"
    ).described("A line of an invoice.")

    static let invoice = Schema.object(
        [
            .init("issuedOn", date, required: true), .init("currency", .string().example("USD"), required: true),
            .init("lines", .array(of: line), required: true), .init("subtotal", money, required: true),
            .init("discount", money, required: true), .init("tax", money, required: true),
            .init(
                "credit", money.described("Taken from the account credit; negative: added to it"), required: true),
            .init("total", money, required: true), .init("totalMinor", minorUnits, required: true),
            .init("creditBalance", money, required: true),
        ], name: "PreviewedInvoice"
    ).described("An invoice that would be issued.")

    private static let note = Schema.object(
        [
            .init("issuedOn", date, required: true), .init("invoice", .integer().example(1), required: true),
            .init("line", .integer().example(1), required: true), .init("amount", money, required: true),
            .init("tax", money, required: true), .init("total", money, required: true),
            .init("totalMinor", minorUnits, required: true), .init("refund", .boolean, required: true),
        ], name: "PreviewedCreditNote"
    ).described("A credit note that would be issued.")

    /// The answer of `POST /billing-preview`.
    static let statement = Schema.object(
        [
            .init("invoices", .array(of: invoice), required: true),
            .init("creditNotes", .array(of: note), required: true), .init("creditBalance", money, required: true),
            .init(
                "periods",
                .array(of: .object([.init("from", place, required: true), .init("to", place, required: true)])),
                required: true),
        ], name: "BillingStatement"
    ).described("All that a subscription would bill.")
}
