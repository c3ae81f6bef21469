import Entities
import JSONCoding

extension BillingInvoice {
    /// The invoice of a row that was read with its lines.
    init(row: Record) throws {
        let lines = try row.relationIfPresent("lines").map { try JSONValue.parse(stored: $0) }
        self.init(
            status: try row.textIfPresent("invoiceStatus"), currency: try row.textIfPresent("currencyCode"),
            charges: (lines?.arrayValue ?? []).map { line in
                BillingCharge(
                    amount: line["amount"]?.minorUnits ?? 0, description: line["description"]?.stringValue ?? "")
            },
            details: InvoiceChanges(
                options: try row.jsonIfPresent("options").map { try JSONValue.parse(stored: $0) },
                shippingAddress: try row.jsonIfPresent("shippingAddress").map { try JSONValue.parse(stored: $0) }))
    }

    /// As the API shows it (`InvoiceDto`): what is not known is left out.
    /// - Parameters:
    ///   - id: Our id of it.
    ///   - customer: The provider's id of the customer.
    func json(id: String, customer: String?) -> JSONObject {
        var json: JSONObject = ["id": .string(id)]
        json["customerId"] = customer.map { .string($0) }
        json["currencyCode"] = currency.map { .string($0) }
        json["options"] = details.options
        json["shippingAddress"] = details.shippingAddress
        json["charges"] = .array(
            charges.map { ["amount": .integer($0.amount), "description": .string($0.description)] })
        json["status"] = status.map { .string($0) }
        return json
    }
}
