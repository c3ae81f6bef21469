package import Billing
package import JSONCoding

// The answer of `POST /billing-preview` (docs/billing.md).

/// A statement as JSON.
package struct StatementJSON: JSONWritable {
    private let statement: BillingStatement

    package init(_ statement: BillingStatement) {
        self.statement = statement
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("invoices")
        writer.beginArray()
        for invoice in statement.invoices { InvoiceJSON(invoice).write(to: &writer) }
        writer.endArray()
        writer.key("creditNotes")
        writer.beginArray()
        for note in statement.creditNotes { write(note, to: &writer) }
        writer.endArray()
        writer.member("creditBalance", statement.creditBalance.decimalText)
        writer.key("periods")
        writer.beginArray()
        for period in statement.periods {
            writer.beginObject()
            writer.member("from", period.from)
            writer.member("to", period.to)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private func write(_ note: CreditNote, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("issuedOn", note.issuedOn.description)
        writer.member("invoice", note.invoice)
        writer.member("line", note.line)
        writer.member("amount", note.amount.decimalText)
        writer.member("tax", note.tax.decimalText)
        writer.member("total", note.total.decimalText)
        writer.member("totalMinor", note.total.minorUnits)
        writer.member("refund", note.isRefund)
        writer.endObject()
    }
}
