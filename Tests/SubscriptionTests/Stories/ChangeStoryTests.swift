import JSONCoding
import Testing

/// What changes of plan and quantity cost.
@Suite struct ChangeStoryTests {
    /// A plan that a tenant changes to.
    private static func change(
        to price: JSONValue, _ story: Story, _ members: JSONObject = [:]
    ) async throws -> JSONValue {
        var body = members
        body["planId"] = .string(try await story.service.plan(price: price))
        return .object(body)
    }

    @Test func `an upgrade on the 31st costs the difference of one day`() async throws {
        try await Story.tell(from: "2027-01-01", price: 31) { story in
            try await story.on("2027-01-31", "change", try await Self.change(to: 62, story))
            try await story.advance(to: "2027-02-01")
            try await story.bills("2027-01-01 3100", "2027-01-31 100", "2027-02-01 6200")
        }
    }

    @Test func `an upgrade on the day of renewal costs the new price, once`() async throws {
        try await Story.tell(from: "2027-01-01", price: 31) { story in
            try await story.on("2027-01-15", "change", try await Self.change(to: 62, story, ["at": "2027-02-01"]))
            try await story.advance(to: "2027-03-01")
            try await story.bills("2027-01-01 3100", "2027-02-01 6200", "2027-03-01 6200")
        }
    }

    @Test func `a downgrade waits for the end of the paid period`() async throws {
        try await Story.tell(from: "2027-01-01", price: 31) { story in
            let answer = try await story.on("2027-01-15", "change", try await Self.change(to: 10, story))
            #expect(answer["change"]?["effectiveOn"] == "2027-02-01")
            try await story.advance(to: "2027-02-01")
            try await story.bills("2027-01-01 3100", "2027-02-01 1000")
        }
    }

    @Test func `a downgrade that was thought better of never comes`() async throws {
        try await Story.tell(from: "2027-01-01", price: 31) { story in
            let answer = try await story.on("2027-01-15", "change", try await Self.change(to: 10, story))
            let id = try #require(answer["change"]?["id"]?.stringValue)
            #expect(try await story.send("DELETE", "/changes/\(id)").status == 204)
            try await story.advance(to: "2027-02-01")
            try await story.bills("2027-01-01 3100", "2027-02-01 3100")
        }
    }

    @Test func `seats come at once and go at the end of the month`() async throws {
        try await Story.tell(from: "2027-04-01", price: 30, ["quantity": "2"]) { story in
            try await story.on("2027-04-16", "change", ["quantity": "5"])
            try await story.on("2027-04-20", "change", ["quantity": "1"])
            try await story.advance(to: "2027-05-01")
            // Three seats for 15 of 30 days.
            try await story.bills("2027-04-01 6000", "2027-04-16 4500", "2027-05-01 3000")
        }
    }

    @Test func `seats can be added now and paid for with the next invoice`() async throws {
        try await Story.tell(from: "2027-04-01", price: 30, ["quantity": "2"]) { story in
            try await story.on("2027-04-16", "change", ["quantity": "3", "policy": "credit_at_renewal"])
            try await story.bills("2027-04-01 6000")
            try await story.advance(to: "2027-05-01")
            try await story.bills("2027-04-01 6000", "2027-05-01 10500")
        }
    }

    @Test func `a change without proration costs nothing until the next period`() async throws {
        try await Story.tell(from: "2027-04-01", price: 30) { story in
            try await story.on("2027-04-16", "change", try await Self.change(to: 60, story, ["policy": "none"]))
            try await story.advance(to: "2027-05-01")
            try await story.bills("2027-04-01 3000", "2027-05-01 6000")
        }
    }

    @Test func `a downgrade with proration leaves a credit that the next invoices use up`() async throws {
        try await Story.tell(from: "2027-04-01", price: 60) { story in
            try await story.on(
                "2027-04-16", "change", try await Self.change(to: 10, story, ["policy": "prorate_now"]))
            try await story.advance(to: "2027-07-01")
            // 30.00 back and 5.00 for the rest of April: 25.00 pay for May, June and half of July.
            try await story.bills(
                "2027-04-01 6000", "2027-04-16 0", "2027-05-01 0", "2027-06-01 0", "2027-07-01 500")
        }
    }

    @Test func `a new period begins at the full price, less what is left of the old one`() async throws {
        try await Story.tell(from: "2027-04-01", price: 30) { story in
            try await story.on(
                "2027-04-16", "change", try await Self.change(to: 60, story, ["policy": "full_price_new_period"]))
            try await story.advance(to: "2027-05-16")
            try await story.bills("2027-04-01 3000", "2027-04-16 4500", "2027-05-16 6000")
        }
    }

    @Test func `there and back on one day costs nothing`() async throws {
        try await Story.tell(from: "2027-04-01", price: 30) { story in
            try await story.on("2027-04-11", "change", ["quantity": "2", "policy": "prorate_now"])
            try await story.on("2027-04-11", "change", ["quantity": "1", "policy": "prorate_now"])
            try await story.advance(to: "2027-05-01")
            // 20 of 30 days are charged and given back as credit, which pays for a part of May.
            try await story.bills("2027-04-01 3000", "2027-04-11 2000", "2027-04-11 0", "2027-05-01 1000")
        }
    }

    @Test func `a plan is repriced, and only those pay more who subscribe or change to it later`() async throws {
        try await Story.tell(from: "2027-01-01", price: 31) { story in
            let old = try #require(try await story.send("GET", "").json["planId"]?.stringValue)
            #expect(try await story.service.send("PATCH", "/plans/\(old)", ["price": 62]).status == 204)
            let second = try await story.another(old, [:])
            try await story.advance(to: "2027-02-01")
            try await story.bills("2027-01-01 3100", "2027-02-01 3100")
            try await second.bills("2027-01-01 6200", "2027-02-01 6200")
        }
    }

    @Test func `what was agreed for the first of next month is done at midnight, and at its price`() async throws {
        try await Story.tell(from: "2027-01-01", price: 31) { story in
            let change = try await Self.change(to: 62, story, ["at": "2027-01-16"])
            let answer = try await story.on("2027-01-10", "change", change)
            #expect(answer["upcoming"]?["issuedOn"] == "2027-01-16")
            try await story.advance(to: "2027-01-15T23:59:59Z")
            try await story.bills("2027-01-01 3100")
            try await story.advance(to: "2027-01-16T00:00:00Z")
            // 16 of 31 days at a difference of 31.00.
            try await story.bills("2027-01-01 3100", "2027-01-16 1600")
        }
    }
}
