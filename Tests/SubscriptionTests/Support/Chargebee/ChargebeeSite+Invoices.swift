import JSONCoding

/// Invoices of a site at Chargebee, their payments and refunds.
extension ChargebeeSite {
    mutating func createInvoice(_ form: ChargebeeForm) throws(Refusal) -> JSONObject {
        guard let customer = form["customer_id"], customers[customer] != nil else { throw .missing("customer_id") }
        let amounts = form.all("charges", "amount").compactMap { Int($0) }
        guard !amounts.isEmpty, amounts.allSatisfy({ $0 > 0 }),
            amounts.count == form.all("charges", "description").count,
            form.all("charges", "taxable").allSatisfy({ $0 == "false" })
        else { throw Refusal(400, "invalid_request", "param_wrong_value", "charges[amount]") }
        let total = amounts.reduce(0, +) - (form.integer("discounts[amount][0]") ?? 0)
        // As some accounts number their invoices.
        let id = newID("INV/")
        var invoice: JSONObject = [
            "id": .string(id), "customer_id": .string(customer), "recurring": false, "status": "payment_due",
            "price_type": "tax_exclusive", "date": .integer(Self.now),
            "currency_code": .string(form["currency_code"] ?? ""),
            "total": .integer(total), "amount_paid": 0, "amount_adjusted": 0, "write_off_amount": 0,
            "amount_due": .integer(total), "deleted": false, "object": "invoice", "linked_payments": [],
        ]
        if let order = form["po_number"] { invoice["po_number"] = .string(order) }
        guard form["auto_collection"] == "on" else {
            invoices.append(invoice)
            record("invoice_generated", invoice)
            return ["invoice": .object(invoice)]
        }
        let (transaction, decline) = try pay(&invoice, by: form["payment_source_id"])
        if let decline {
            if keepsUnpaid {
                invoice["status"] = "not_paid"
                invoices.append(invoice)
            }
            record("payment_failed", invoice, transaction)
            throw decline
        }
        invoices.append(invoice)
        record(transaction["status"] == "success" ? "payment_succeeded" : "payment_initiated", invoice, transaction)
        return ["invoice": .object(invoice)]
    }

    /// Tries to collect what is due on an invoice.
    private mutating func pay(
        _ invoice: inout JSONObject, by source: String?
    ) throws(Refusal) -> (transaction: JSONObject, decline: Refusal?) {
        guard let source, let (object, card) = sources[source], object["customer_id"] == invoice["customer_id"] else {
            throw .missing("payment_source_id")
        }
        let decline: (cause: String, code: String)? =
            declinesAll ? (cause: "gateway.general.decline", code: "") : card.decline
        let status = decline != nil ? "failure" : card.isSlow ? "in_progress" : "success"
        let transaction = link(
            [
                "type": "payment", "payment_method": "card", "status": .string(status),
                "amount": invoice["amount_due"] ?? 0, "payment_source_id": .string(source),
            ], to: &invoice)
        return (
            transaction,
            decline.map {
                Refusal(
                    400, "payment", "payment_processing_failed", nil,
                    [
                        "error_cause_id": .string($0.cause),
                        "message": .string("Not able to collect. Error message: (\($0.code)) A secret of Chargebee's"),
                    ])
            }
        )
    }

    private mutating func link(_ members: JSONObject, to invoice: inout JSONObject) -> JSONObject {
        var transaction = members
        let id = newID("txn_")
        transaction["id"] = .string(id)
        transaction["object"] = "transaction"
        transaction["linked_invoices"] = [["invoice_id": invoice["id"] ?? .null]]
        transactions[id] = transaction
        let payment: JSONValue = [
            "txn_id": .string(id), "txn_status": transaction["status"] ?? .null,
            "applied_amount": transaction["amount"] ?? .null,
        ]
        invoice["linked_payments"] = .array((invoice["linked_payments"]?.arrayValue ?? []) + [payment])
        if transaction["status"] == "success" {
            invoice["amount_paid"] = transaction["amount"]
            invoice["amount_due"] = 0
            invoice["status"] = "paid"
        }
        return transaction
    }

    @discardableResult mutating func change(
        _ id: String, _ body: (inout JSONObject) throws(Refusal) -> Void
    ) throws(Refusal) -> JSONObject {
        guard let index = invoices.firstIndex(where: { $0["id"]?.stringValue == id }) else { throw .missing() }
        try body(&invoices[index])
        return ["invoice": .object(invoices[index])]
    }

    mutating func void(_ id: String) throws(Refusal) -> JSONObject {
        let result = try change(id) { (invoice) throws(Refusal) in
            guard ["payment_due", "posted", "not_paid"].contains(invoice["status"]?.stringValue) else { throw .state }
            let isUsed = (invoice["linked_payments"]?.arrayValue ?? []).contains {
                ["success", "in_progress"].contains($0["txn_status"]?.stringValue)
            }
            guard !isUsed else { throw .state }
            invoice["status"] = "voided"
        }
        record("invoice_updated", result["invoice"]?.objectValue ?? [:])
        return result
    }

    /// Somebody records a payment at Chargebee.
    mutating func settle(_ id: String) {
        guard var invoice = invoices.first(where: { $0["id"]?.stringValue == id }) else { return }
        let transaction = link(
            ["type": "payment", "status": "success", "amount": invoice["amount_due"] ?? 0, "payment_method": "cash"],
            to: &invoice)
        _ = try? replace(invoice, transaction)
    }

    /// Somebody voids an invoice at Chargebee.
    mutating func cancel(_ id: String) { _ = try? void(id) }

    /// Somebody gives up on an invoice at Chargebee.
    mutating func writeOff(_ id: String) {
        _ = try? change(id) { invoice in
            invoice["status"] = "paid"
            invoice["write_off_amount"] = invoice["amount_due"]
            invoice["amount_due"] = 0
        }
        record("invoice_updated", invoices.first { $0["id"]?.stringValue == id } ?? [:])
    }

    /// A payment that was under way ends.
    mutating func finish(_ isPaid: Bool) {
        for index in invoices.indices {
            guard let payment = invoices[index]["linked_payments"]?.arrayValue?.last,
                payment["txn_status"] == "in_progress", let id = payment["txn_id"]?.stringValue
            else { continue }
            let status: JSONValue = isPaid ? "success" : "failure"
            transactions[id]?["status"] = status
            invoices[index]["linked_payments"] = [["txn_id": .string(id), "txn_status": status]]
            invoices[index]["status"] = isPaid ? "paid" : "not_paid"
            record(isPaid ? "payment_succeeded" : "payment_failed", invoices[index], transactions[id])
        }
    }

    mutating func recordPayment(_ id: String, _ form: ChargebeeForm) throws(Refusal) -> JSONObject {
        let methods = ["cash", "check", "bank_transfer", "other", "custom"]
        guard methods.contains(form["transaction[payment_method]"] ?? ""),
            (form.integer("transaction[date]") ?? 0) < Self.now
        else { throw Refusal(400, "invalid_request", "param_wrong_value", "transaction[payment_method]") }
        guard var invoice = invoices.first(where: { $0["id"]?.stringValue == id }) else { throw .missing() }
        guard ["payment_due", "not_paid"].contains(invoice["status"]?.stringValue) else { throw .state }
        let transaction = link(
            [
                "type": "payment", "status": "success", "amount": invoice["amount_due"] ?? 0,
                "payment_method": .string(form["transaction[payment_method]"] ?? ""),
            ], to: &invoice)
        return try replace(invoice, transaction)
    }

    mutating func collect(_ id: String, _ form: ChargebeeForm) throws(Refusal) -> JSONObject {
        guard var invoice = invoices.first(where: { $0["id"]?.stringValue == id }) else { throw .missing() }
        guard ["payment_due", "not_paid"].contains(invoice["status"]?.stringValue) else { throw .state }
        let (transaction, decline) = try pay(&invoice, by: form["payment_source_id"])
        let result = try replace(invoice, transaction)
        if let decline { throw decline }
        return result
    }

    private mutating func replace(_ invoice: JSONObject, _ transaction: JSONObject) throws(Refusal) -> JSONObject {
        try change(invoice["id"]?.stringValue ?? "") { $0 = invoice }
        record(transaction["status"] == "success" ? "payment_succeeded" : "payment_failed", invoice, transaction)
        return ["invoice": .object(invoice), "transaction": .object(transaction)]
    }

    mutating func refund(_ id: String, _ form: ChargebeeForm) throws(Refusal) -> JSONObject {
        guard let invoice = invoices.first(where: { $0["id"]?.stringValue == id }) else { throw .missing() }
        let refunded = notes.filter { $0["reference_invoice_id"]?.stringValue == id }.reduce(0) {
            $0 + ($1["total"]?.intValue ?? 0)
        }
        guard invoice["status"] == "paid" else { throw .state }
        guard let amount = form.integer("refund_amount"), amount > 0,
            refunded + amount <= invoice["amount_paid"]?.intValue ?? 0
        else { throw Refusal(400, "invalid_request", "param_wrong_value", "refund_amount") }
        let transaction: JSONObject = [
            "id": .string(newID("txn_")), "type": "refund", "status": "success", "amount": .integer(amount),
            "payment_method": "card", "object": "transaction",
        ]
        let name = transaction["id"]?.stringValue ?? ""
        transactions[name] = transaction
        let note: JSONObject = [
            "id": .string(newID("CN-")), "reference_invoice_id": .string(id), "type": "refundable",
            "status": "refunded", "total": .integer(amount), "object": "credit_note",
            "notes": showsNotes ? .array([form["customer_notes"]].compactMap { $0.map { .string($0) } }) : [],
            "linked_refunds": [["txn_id": .string(name), "txn_status": "success", "txn_amount": .integer(amount)]],
        ]
        notes.append(note)
        return ["invoice": .object(invoice), "transaction": .object(transaction), "credit_note": .object(note)]
    }

    private mutating func record(_ type: String, _ invoice: JSONObject, _ transaction: JSONObject? = nil) {
        var content: JSONObject = ["invoice": .object(invoice)]
        if let transaction { content["transaction"] = .object(transaction) }
        events.append([
            "id": .string(newID("ev_")), "occurred_at": .integer(Self.now), "source": "api", "object": "event",
            "api_version": "v2", "event_type": .string(type), "webhook_status": "scheduled",
            "content": .object(content),
        ])
    }
}
