import JSONCoding

/// The objects of a site at Chargebee, and what can be done with them.
struct ChargebeeSite {
    struct Refusal: Error {
        let status: Int
        let body: JSONObject

        init(_ status: Int, _ type: String, _ code: String, _ parameter: String? = nil, _ more: JSONObject = [:]) {
            var body: JSONObject = [
                "message": "A secret of Chargebee's", "type": .string(type), "api_error_code": .string(code),
                "error_code": .string(code), "http_status_code": .integer(status),
            ]
            if let parameter { body["param"] = .string(parameter) }
            for (name, value) in more { body[name] = value }
            self.status = status
            self.body = body
        }

        static func missing(_ parameter: String? = nil) -> Refusal {
            Refusal(404, "invalid_request", "resource_not_found", parameter)
        }
        static let state = Refusal(409, "invalid_request", "invalid_state_for_request")
    }

    /// Cards by their tokens.
    struct Card {
        let lastFour: String
        /// Why it is declined: Chargebee's word, and the gateway's.
        var decline: (cause: String, code: String)?
        var isSlow = false

        static let all: [String: Card] = [
            "visa": Card(lastFour: "1111"),
            "declined": Card(lastFour: "0002", decline: ("gateway.general.decline", "")),
            "low": Card(lastFour: "9995", decline: ("gateway.transaction_processing.low_balance", "")),
            "expired": Card(lastFour: "0069", decline: ("gateway.general.decline", "expired_card")),
            "debit": Card(lastFour: "6789", isSlow: true),
        ]
    }

    static let now = 1_900_000_000

    private(set) var customers: [String: JSONObject] = [:]
    private(set) var sources: [String: (object: JSONObject, card: Card)] = [:]
    private var usedTokens: Set<String> = []
    private(set) var invoices: [JSONObject] = []
    private(set) var transactions: [String: JSONObject] = [:]
    private(set) var notes: [JSONObject] = []
    private(set) var events: [JSONValue] = []
    private var number = 0
    /// Whether all cards are declined.
    var declinesAll = false
    /// Whether an invoice whose payment is declined stays, unpaid.
    var keepsUnpaid = false
    /// Whether credit notes show what they were made with.
    var showsNotes = true

    /// How many payments were tried or recorded, and how much has moved by them, less what was paid back.
    var attempts: Int { transactions.values.count { $0["type"] == "payment" } }
    var balance: Int {
        transactions.values.reduce(0) { sum, transaction in
            guard transaction["status"] == "success" else { return sum }
            let amount = transaction["amount"]?.intValue ?? 0
            return transaction["type"] == "refund" ? sum - amount : sum + amount
        }
    }

    private mutating func newID(_ prefix: String) -> String {
        number += 1
        return "\(prefix)\(number)"
    }

    // MARK: Reading

    func get(_ parts: [String], _ query: ChargebeeForm) -> Result<JSONObject, Refusal> {
        func single(_ name: String, _ object: JSONObject?) -> Result<JSONObject, Refusal> {
            object.map { .success([name: .object($0)]) } ?? .failure(.missing())
        }
        switch (parts.first, parts.count) {
        case ("customers", 2): return single("customer", customers[parts[1]])
        case ("payment_sources", 2): return single("payment_source", sources[parts[1]]?.object)
        case ("transactions", 2): return single("transaction", transactions[parts[1]])
        case ("invoices", 2):
            return single("invoice", invoices.first { $0["id"]?.stringValue == parts[1] })
        case ("invoices", 1): return list("invoice", invoices.reversed(), "customer_id", query)
        case ("credit_notes", 1): return list("credit_note", notes, "reference_invoice_id", query)
        default: return .failure(.missing())
        }
    }

    /// One object on a page, so that nobody forgets the next one.
    private func list(
        _ name: String, _ objects: [JSONObject], _ filter: String, _ query: ChargebeeForm
    ) -> Result<JSONObject, Refusal> {
        let wanted = query["\(filter)[is]"].flatMap { $0.isEmpty ? nil : $0 }
        let earliest = query.integer("date[after]")
        guard (wanted == nil) != (earliest == nil), query["limit"] == "100",
            query.names.isSubset(of: ["\(filter)[is]", "date[after]", "limit", "offset", "sort_by[desc]"])
        else { return .failure(Refusal(400, "invalid_request", "param_wrong_value", filter)) }
        let found = objects.filter { object in
            if let earliest { return object["date"]?.intValue ?? 0 > earliest }
            return object[filter]?.stringValue == wanted
        }
        let offset = query.integer("offset") ?? 0
        let page = found.dropFirst(offset).prefix(1)
        var body: JSONObject = ["list": .array(page.map { .object([name: .object($0)]) })]
        if offset + 1 < found.count { body["next_offset"] = .string("\(offset + 1)") }
        return .success(body)
    }

    // MARK: Changing

    mutating func post(_ parts: [String], _ form: ChargebeeForm) -> Result<JSONObject, Refusal> {
        do throws(Refusal) {
            switch (parts[0], parts.count > 1 ? parts[1] : "", parts.count > 2 ? parts[2] : "") {
            case ("customers", "", ""): return .success(try createCustomer(form))
            case ("customers", let id, ""): return .success(try changeCustomer(id, form))
            case ("customers", let id, "update_billing_info"): return .success(try changeCustomer(id, form))
            case ("customers", let id, "delete"):
                guard var customer = customers.removeValue(forKey: id) else { throw .missing() }
                customer["deleted"] = true
                for (source, entry) in sources where entry.object["customer_id"]?.stringValue == id {
                    sources[source] = nil
                }
                return .success(["customer": .object(customer)])
            case ("payment_sources", "create_using_token", ""): return .success(try createSource(form))
            case ("payment_sources", let id, "delete"):
                guard var source = sources.removeValue(forKey: id)?.object else { throw .missing() }
                source["deleted"] = true
                return .success(["payment_source": .object(source)])
            case ("invoices", "create_for_charge_items_and_charges", ""): return .success(try createInvoice(form))
            case ("invoices", let id, "update_details"): return .success(try change(id) { _ in })
            case ("invoices", let id, "void"): return .success(try void(id))
            case ("invoices", let id, "record_payment"): return .success(try recordPayment(id, form))
            case ("invoices", let id, "collect_payment"): return .success(try collect(id, form))
            case ("invoices", let id, "refund"): return .success(try refund(id, form))
            default: throw .missing()
            }
        } catch {
            return .failure(error)
        }
    }

    private mutating func createCustomer(_ form: ChargebeeForm) throws(Refusal) -> JSONObject {
        let id = form["id"] ?? newID("cbdemo")
        guard customers[id] == nil else { throw Refusal(400, "invalid_request", "duplicate_entry", "id") }
        customers[id] = ["id": .string(id), "deleted": false, "object": "customer", "auto_collection": "on"]
        return try changeCustomer(id, form)
    }

    private mutating func changeCustomer(_ id: String, _ form: ChargebeeForm) throws(Refusal) -> JSONObject {
        guard var customer = customers[id] else { throw .missing() }
        for (name, value) in form.values where !name.contains("[") { customer[name] = .string(value) }
        customers[id] = customer
        return ["customer": .object(customer)]
    }

    private mutating func createSource(_ form: ChargebeeForm) throws(Refusal) -> JSONObject {
        guard let customer = form["customer_id"], customers[customer] != nil else { throw .missing("customer_id") }
        // `tok_visa-1`: a token is used once.
        let token = form["token_id"] ?? ""
        guard token.hasPrefix("tok_"), let kind = token.dropFirst(4).split(separator: "-").first,
            let card = Card.all[String(kind)], usedTokens.insert(token).inserted
        else { throw Refusal(400, "invalid_request", "param_wrong_value", "token_id") }
        let id = newID("pm_")
        let object: JSONObject = [
            "id": .string(id), "customer_id": .string(customer), "type": "card", "reference_id": "gw/1",
            "status": "valid", "gateway": "chargebee", "gateway_account_id": "gw_1", "deleted": false,
            "object": "payment_source",
            "card": [
                "last4": .string(card.lastFour), "iin": "411111", "brand": "visa", "funding_type": "credit",
                "expiry_month": 12, "expiry_year": 2040, "masked_number": .string("************\(card.lastFour)"),
                "object": "card",
            ],
        ]
        sources[id] = (object, card)
        return ["customer": .object(customers[customer] ?? [:]), "payment_source": .object(object)]
    }
}

extension ChargebeeSite {
    // MARK: Invoices

    fileprivate mutating func createInvoice(_ form: ChargebeeForm) throws(Refusal) -> JSONObject {
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

    @discardableResult fileprivate mutating func change(
        _ id: String, _ body: (inout JSONObject) throws(Refusal) -> Void
    ) throws(Refusal) -> JSONObject {
        guard let index = invoices.firstIndex(where: { $0["id"]?.stringValue == id }) else { throw .missing() }
        try body(&invoices[index])
        return ["invoice": .object(invoices[index])]
    }

    fileprivate mutating func void(_ id: String) throws(Refusal) -> JSONObject {
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

    fileprivate mutating func recordPayment(_ id: String, _ form: ChargebeeForm) throws(Refusal) -> JSONObject {
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

    fileprivate mutating func collect(_ id: String, _ form: ChargebeeForm) throws(Refusal) -> JSONObject {
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

    fileprivate mutating func refund(_ id: String, _ form: ChargebeeForm) throws(Refusal) -> JSONObject {
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
