package import Billing
package import JSONCoding

/// An invoice of a statement as JSON.
package struct InvoiceJSON: JSONWritable {
    private let invoice: DraftInvoice

    package init(_ invoice: DraftInvoice) {
        self.invoice = invoice
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.memberIfPresent("issuedOn", invoice.issuedOn?.description)
        writer.member("currency", invoice.currency.code)
        writer.key("lines")
        writer.beginArray()
        for line in invoice.lines { InvoiceLineJSON(line).write(to: &writer) }
        for line in invoice.adjustments { InvoiceLineJSON(line).write(to: &writer) }
        writer.endArray()
        writer.member("subtotal", invoice.subtotal.decimalText)
        writer.member("discount", invoice.discount.decimalText)
        writer.member("tax", invoice.tax.decimalText)
        writer.member("credit", invoice.credit.decimalText)
        writer.member("total", invoice.total.decimalText)
        writer.member("totalMinor", invoice.total.minorUnits)
        writer.member("creditBalance", invoice.creditBalance.decimalText)
        writer.endObject()
    }
}
