import JSONCoding
import StackTestSupport

/// Subscriptions of one period, and what their actions need to have happened before.
extension ValidRequests {
    /// Members that the engine bills by: the sample's days are long past, and its trial says its end twice.
    private static let billed = [
        "quantity", "start", "anchor", "timeZone", "trial", "coupon", "collection", "term", "taxes",
        "collectionMethod", "currency",
    ]

    func subscriptions(_ operation: APIDocument.Operation) async throws -> Request? {
        func act(_ id: String, _ actions: String..., body: JSONValue = [:]) async throws -> TestResponse? {
            var last: TestResponse?
            for action in actions {
                last = try await client.client.post("/subscriptions/\(id)/\(action)", body, token: stack.admin).expect(
                    200)
            }
            return last
        }
        if operation.name == "POST /subscriptions" {
            var sample = body(operation)
            for name in Self.billed { sample?.remove(name) }
            return Request(path: operation.path, body: sample, token: stack.admin)
        }
        let before: [String: [String]] = [
            "activate": [], "cancel": [], "change": ["activate"], "pause": ["activate"], "renew": ["activate"],
            "resume": ["activate", "pause"], "uncancel": ["activate", "cancel"],
            "attach": ["activate"], "detach": ["activate"], "override": ["activate"], "end-override": ["activate"],
        ]
        guard operation.path.hasPrefix("/subscriptions/{id}/") else { return nil }
        if operation.path.hasSuffix("/changes/{changeId}") {
            let id = try await create("/subscriptions").string("id")
            _ = try await act(id, "activate")
            let scheduled = try await act(id, "change", body: ["quantity": "5", "policy": "at_period_end"])
            let change = scheduled?.json["change"]?["id"]?.stringValue ?? ""
            return Request(
                path: "/subscriptions/\(id)/changes/\(change)",
                body: operation.method == "PATCH" ? ["quantity": "6"] : nil, token: stack.admin)
        }
        guard operation.method == "POST", let name = operation.path.split(separator: "/").last,
            let steps = before[String(name)]
        else { return nil }
        let id = try await create("/subscriptions").string("id")
        for step in steps { _ = try await act(id, step) }
        if let body = try await priced(String(name), id) {
            return Request(path: operation.path(with: id), body: body, token: stack.admin)
        }
        return Request(
            path: operation.path(with: id), body: name == "change" ? ["quantity": "2", "policy": "none"] : [:],
            token: stack.admin)
    }

    /// Bodies of actions on prices and add-ons, with what they need to have happened before; nil for other actions.
    private func priced(_ action: String, _ id: String) async throws -> JSONValue? {
        let override: JSONValue = ["amount": "1.00", "note": "Agreed"]
        switch action {
        case "override": return override
        case "end-override":
            try await client.client.post("/subscriptions/\(id)/override", override, token: stack.admin).expect(200)
            return [:]
        case "attach", "detach":
            let addOn: JSONValue = [
                "key": .string(TestStack.uniqueKey()), "name": "Seats",
                "prices": [["currency": "USD", "amount": "1.00"]],
            ]
            let made = try await client.client.post("/add-ons", addOn, token: stack.admin).expect(201).string("id")
            let body: JSONValue = ["addOnId": .string(made)]
            guard action == "detach" else { return body }
            try await client.client.post("/subscriptions/\(id)/attach", body, token: stack.admin).expect(200)
            return body
        default: return nil
        }
    }
}
