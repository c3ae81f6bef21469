import JSONCoding
import StackTestSupport
import Testing

/// `POST /billing-preview`: who may call it, and what it refuses.
@Suite struct BillingPreviewTests {
    private static let valid: JSONValue = [
        "currency": "USD", "start": "2024-01-31", "until": "2024-05-01", "interval": ["unit": "month"],
        "price": ["model": "per_unit", "unitAmount": "8.50"], "quantity": "3",
    ]

    private func request(_ changes: JSONObject) -> JSONValue {
        var body = Self.valid.objectValue ?? [:]
        for (name, value) in changes { body[name] = value.isNull ? nil : value }
        return .object(body)
    }

    @Test func `whoever sees plans or subscriptions may preview, operators and users of tenants alike`() async throws {
        try await TestStack.run([.subscription]) { stack in
            let client = stack.subscription
            for permission in ["7008", "7004"] {
                let token = try await stack.tokens.operatorToken([permission])
                let answer = try await client.post("/billing-preview", Self.valid, token: token).expect(200)
                #expect(answer.json["invoices"]?.arrayValue?.count == 4)
            }
            let other = try await stack.tokens.operatorToken(["7001"])
            #expect(try await client.post("/billing-preview", Self.valid, token: other).status == 403)
            #expect(try await client.post("/billing-preview", Self.valid).status == 401)
        }
    }

    @Test func `what makes no sense is a 422 with a pointer and a reason`() async throws {
        let cases: [(JSONObject, String)] = [
            (["currency": "ZZZ"], "/currency"), (["timeZone": "Mars/Olympus"], "/timeZone"),
            (["timeZone": "../../etc/passwd"], "/timeZone"), (["until": "2024-01-31"], "/until"),
            (["price": ["model": "per_unit", "unitAmount": "8.50", "amount": "1.00"]], "/price/amount"),
            (["price": ["model": "flat", "amount": "1.005"]], "/price/amount"),
            (["price": .null], "/price"),
            (["items": [["id": "a", "price": ["model": "flat", "amount": "1"]]]], "/items"),
            (["changes": [["at": "2024-01-30", "type": "pause"]]], "/changes/0/at"),
            (["changes": [["at": "2024-02-10", "type": "resume"]]], "/changes/0/type"),
            (["changes": [["at": "2024-02-10", "type": "pause", "policy": "extend_time"]]], "/changes/0/policy"),
            (
                ["changes": [["at": "2024-02-10", "type": "credit_note", "invoice": 1, "line": 1, "amount": "25.51"]]],
                "/changes/0/amount"
            ),
            (["interval": ["unit": "day"], "until": "2999-12-31"], "/until"),
            (["price": ["model": "per_unit", "unitAmount": "9000000000000"], "quantity": "900000000000"], "/price"),
        ]
        try await TestStack.run([.subscription]) { stack in
            for (changes, pointer) in cases {
                let answer = try await stack.subscription.post("/billing-preview", request(changes), token: stack.admin)
                #expect(
                    answer.status == 422 && answer.details.contains { $0["path"]?.stringValue == pointer },
                    "\(changes): \(answer.text)")
            }
            for (changes, violation): (JSONObject, String) in [
                (["colour": "red"], ": additionalProperties"), (["price": ["model": "free"]], "/price/model: enum"),
                (["policies": ["rounding": "down"]], "/policies/rounding: enum"),
                (["interval": ["unit": "fortnight"]], "/interval/unit: enum"), (["quantity": 3], "/quantity: type"),
            ] {
                let answer = try await stack.subscription.post("/billing-preview", request(changes), token: stack.admin)
                #expect(answer.status == 422 && answer.violations.contains(violation), "\(answer.text)")
            }
        }
    }
}
