import JSONCoding

/// What is sent to Stripe about customers, and read of them.
extension StripeBilling {
    static func form(of details: CustomerDetails) -> ProviderForm {
        let members = details.members
        func text(_ name: String) -> String? { members[name]?.stringValue }
        var form = ProviderForm()
        // The name is read back in two parts (docs/contract/arc-api.md 6.13).
        let names = [text("firstName"), text("lastName")].compactMap { $0 }
        if !names.isEmpty { form.add("name", names.joined(separator: " ")) }
        form.add("email", text("email"))
        form.add("phone", text("phone"))
        form.add("metadata[company]", text("company"))
        guard let address = members["billingAddress"], address.objectValue != nil else { return form }
        form.add("address[city]", address["city"]?.stringValue)
        form.add("address[state]", address["state"]?.stringValue)
        form.add("address[postal_code]", address["zip"]?.stringValue)
        // Stripe knows countries by two letters.
        let country = address["country"]?.stringValue
        form.add("address[country]", country.flatMap { $0.utf8.count == 2 ? $0 : nil })
        return form
    }

    static func details(of customer: JSONValue) -> CustomerDetails {
        var members = JSONObject()
        func add(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { members[name] = .string(value) }
        }
        let name = (customer["name"]?.stringValue ?? "").split(separator: " ", maxSplits: 1)
        add("firstName", name.first.map(String.init))
        add("lastName", name.count > 1 ? String(name[1]) : nil)
        add("email", customer["email"]?.stringValue)
        add("phone", customer["phone"]?.stringValue)
        add("company", customer["metadata"]?["company"]?.stringValue)
        return CustomerDetails(members: members)
    }
}
