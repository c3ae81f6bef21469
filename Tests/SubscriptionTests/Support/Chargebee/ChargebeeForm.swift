import Primitives

/// Members of a request as Chargebee reads them: `charges[amount][0]`.
struct ChargebeeForm {
    private(set) var values: [String: String] = [:]

    /// Nil if it is not what a form looks like, or a member comes twice.
    init?(_ text: String) {
        guard !text.isEmpty else { return }
        for pair in text.split(separator: "&", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            // A plus is a space there: who means one has to encode it.
            guard parts.count == 2, !pair.contains("+"), !pair.contains("["),
                let name = PercentEncoding.decode(parts[0]), let value = PercentEncoding.decode(parts[1]),
                !name.isEmpty, values.updateValue(value, forKey: name) == nil
            else { return nil }
        }
    }

    subscript(_ name: String) -> String? { values[name] }

    func integer(_ name: String) -> Int? { values[name].flatMap { Int($0) } }

    /// The values of `group[name][0]`, `group[name][1]` and so on.
    func all(_ group: String, _ name: String) -> [String] {
        var result: [String] = []
        while let value = values["\(group)[\(name)][\(result.count)]"] { result.append(value) }
        return result
    }

    /// The names without their numbers.
    var names: Set<String> {
        Set(
            values.keys.map { name in
                guard let end = name.lastIndex(of: "["), Int(name[name.index(after: end)...].dropLast()) != nil else {
                    return name
                }
                return String(name[..<end])
            })
    }
}

/// What an operation takes, and how long it may be.
struct ChargebeeMembers {
    var required: Set<String> = []
    var optional: [String: Int] = [:]

    static let names = ["first_name": 150, "last_name": 150, "email": 70, "company": 250, "phone": 50]
    static func address(_ name: String) -> [String: Int] {
        let lengths = names.merging(["city": 50, "state": 50, "zip": 20, "country": 2]) { $1 }
        return Dictionary(uniqueKeysWithValues: lengths.map { ("\(name)[\($0)]", $1) })
    }

    /// The members of operations by their path; `*` is an id.
    static let all: [String: ChargebeeMembers] = [
        "customers": ChargebeeMembers(
            optional: names.merging(address("billing_address")) { $1 }.merging(
                ["id": 50, "auto_collection": 3, "meta_data": 1000]) { $1 }),
        "customers/*": ChargebeeMembers(optional: names),
        "customers/*/update_billing_info": ChargebeeMembers(optional: address("billing_address")),
        "customers/*/delete": ChargebeeMembers(optional: ["delete_payment_method": 5]),
        "payment_sources/create_using_token": ChargebeeMembers(
            required: ["customer_id", "token_id"],
            optional: ["customer_id": 50, "token_id": 40, "replace_primary_payment_source": 5]),
        "payment_sources/*/delete": ChargebeeMembers(),
        "invoices/create_for_charge_items_and_charges": ChargebeeMembers(
            required: ["customer_id", "currency_code", "charges[amount]", "charges[description]"],
            optional: address("shipping_address").merging([
                "customer_id": 50, "currency_code": 3, "auto_collection": 3, "payment_source_id": 40,
                "payment_initiator": 8, "po_number": 100, "charges[amount]": 20, "charges[description]": 250,
                "charges[taxable]": 5, "discounts[apply_on]": 14, "discounts[amount]": 20,
            ]) { $1 }),
        "invoices/*/update_details": ChargebeeMembers(optional: address("shipping_address")),
        "invoices/*/void": ChargebeeMembers(optional: ["comment": 300]),
        "invoices/*/collect_payment": ChargebeeMembers(
            required: ["payment_source_id"],
            optional: ["payment_source_id": 40, "amount": 20, "comment": 300, "payment_initiator": 8]),
        "invoices/*/record_payment": ChargebeeMembers(
            required: ["transaction[payment_method]"],
            optional: [
                "comment": 300, "transaction[payment_method]": 20, "transaction[amount]": 20, "transaction[date]": 12,
                "transaction[reference_number]": 100, "transaction[custom_payment_method_id]": 50,
                "transaction[id_at_gateway]": 100,
            ]),
        "invoices/*/refund": ChargebeeMembers(
            optional: ["refund_amount": 20, "customer_notes": 2000, "comment": 300, "credit_note[reason_code]": 30]),
    ]

    /// The member that is missing, too long or not known.
    func fault(in form: ChargebeeForm) -> String? {
        if let missing = required.subtracting(form.names).min() { return missing }
        if let unknown = form.names.subtracting(optional.keys).min() { return unknown }
        return form.values.keys.sorted().first { name in
            let length = optional.first {
                name == $0.key
                    || name.hasPrefix("\($0.key)[") && Int(name.dropFirst($0.key.count + 1).dropLast()) != nil
            }?.value
            return (form.values[name]?.count ?? 0) > (length ?? 0)
        }
    }
}
