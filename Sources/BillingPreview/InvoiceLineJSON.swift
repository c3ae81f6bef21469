package import Billing
package import JSONCoding

/// A line of an invoice as JSON, with its explanation.
package struct InvoiceLineJSON: JSONWritable {
    private let line: InvoiceLine
    private let hasTaxes: Bool

    /// - Parameter hasTaxes: Whether the rates that apply to the line are part of it, as rows of invoices have them.
    package init(_ line: InvoiceLine, hasTaxes: Bool = false) {
        self.line = line
        self.hasTaxes = hasTaxes
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        if let details = line.details {
            writer.member("type", details.kind.rawValue)
            writer.memberIfPresent("item", details.item)
        }
        writer.member("description", line.description)
        if let details = line.details {
            writer.memberIfPresent("from", details.from)
            writer.memberIfPresent("to", details.to)
            writer.memberIfPresent("quantity", details.quantity?.decimalText(places: 12))
        }
        writer.member("amount", line.amount.decimalText)
        writer.member("amountMinor", line.amount.minorUnits)
        if let details = line.details {
            if details.kind != .discount, details.kind != .tax {
                writer.member("discountShare", line.amount.currency.majorText(details.discountShare, places: 9))
                writer.member("taxShare", line.amount.currency.majorText(details.taxShare, places: 9))
            }
            write(details.explanation, to: &writer)
            if hasTaxes { write(details.taxes, to: &writer) }
        }
        writer.endObject()
    }

    private func write(_ explanation: InvoiceLineDetails.Explanation, to writer: inout JSONWriter) {
        writer.key("explanation")
        writer.beginObject()
        writer.member("rule", explanation.rule)
        writer.member("formula", explanation.formula)
        writer.key("inputs")
        writer.beginObject()
        for input in explanation.inputs { writer.member(named: input.name, input.value) }
        writer.endObject()
        writer.member("rounding", explanation.rounding)
        writer.endObject()
    }

    private func write(_ taxes: [TaxRate], to writer: inout JSONWriter) {
        writer.key("taxes")
        writer.beginArray()
        for tax in taxes {
            writer.beginObject()
            writer.member("name", tax.name)
            writer.member("percent", (try? tax.rate.multiplied(by: Rational(100)))?.decimalText() ?? "")
            writer.member("inclusive", tax.isInclusive)
            writer.member("reverseCharge", tax.isReverseCharge)
            writer.endObject()
        }
        writer.endArray()
    }
}
