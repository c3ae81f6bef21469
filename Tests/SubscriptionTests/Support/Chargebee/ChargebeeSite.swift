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

    var customers: [String: JSONObject] = [:]
    var sources: [String: (object: JSONObject, card: Card)] = [:]
    private var usedTokens: Set<String> = []
    var invoices: [JSONObject] = []
    var transactions: [String: JSONObject] = [:]
    var notes: [JSONObject] = []
    var events: [JSONValue] = []
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

    mutating func newID(_ prefix: String) -> String {
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
