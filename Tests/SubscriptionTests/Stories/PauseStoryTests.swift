import JSONCoding
import Testing

/// How subscriptions stop, go on, and end.
@Suite struct PauseStoryTests {
    @Test func `a pause over a leap day gives back its days`() async throws {
        try await Story.tell(from: "2028-02-01", price: 29) { story in
            // From the 20th to the 29th: 10 of 29 days.
            try await story.on("2028-02-20", "pause")
            try await story.advance(to: "2028-03-15")
            try await story.bills("2028-02-01 2900", "2028-02-20 0")
            // 16 of 31 days are 14.97, less the credit of 10.00.
            try await story.on("2028-03-16", "resume")
            try await story.advance(to: "2028-04-01")
            try await story.bills("2028-02-01 2900", "2028-02-20 0", "2028-03-16 497", "2028-04-01 2900")
        }
    }

    @Test func `a pause of half a year costs nothing, however often it was due`() async throws {
        try await Story.tell(from: "2027-01-01", price: 31) { story in
            try await story.on("2027-01-16", "pause", ["policy": "none"])
            try await story.advance(to: "2027-07-10")
            try await story.bills("2027-01-01 3100")
            try await story.on("2027-07-17", "resume")
            // 15 of 31 days of July.
            try await story.bills("2027-01-01 3100", "2027-07-17 1500")
        }
    }

    @Test func `a cancellation at the end of the month keeps what was paid`() async throws {
        try await Story.tell(from: "2027-04-01", price: 30) { story in
            try await story.on("2027-04-10", "cancel")
            try await story.ends("2027-05-01", status: 1)
            try await story.advance(to: "2027-06-01")
            try await story.bills("2027-04-01 3000")
            try await story.ends("2027-05-01", status: 3)
        }
    }

    @Test func `a cancellation that is taken back loses no month`() async throws {
        try await Story.tell(from: "2027-04-01", price: 30) { story in
            try await story.on("2027-04-10", "cancel")
            try await story.on("2027-04-30", "uncancel")
            try await story.advance(to: "2027-06-01")
            try await story.bills("2027-04-01 3000", "2027-05-01 3000", "2027-06-01 3000")
        }
    }

    @Test func `a cancellation at once gives the rest of the month back as credit`() async throws {
        try await Story.tell(from: "2027-04-01", price: 30) { story in
            let answer = try await story.on("2027-04-11", "cancel", ["policy": "prorate_now"])
            // 20 of 30 days.
            #expect(answer["invoices"]?[0]?["creditBalance"] == "20.00", "\(answer)")
            try await story.advance(to: "2027-06-01")
            try await story.bills("2027-04-01 3000", "2027-04-11 0")
            try await story.ends("2027-04-11", status: 3)
        }
    }

    @Test func `a cancellation at once without proration keeps what was paid`() async throws {
        try await Story.tell(from: "2027-04-01", price: 30) { story in
            try await story.on("2027-04-11", "cancel", ["policy": "none"])
            try await story.advance(to: "2027-06-01")
            try await story.bills("2027-04-01 3000")
            try await story.ends("2027-04-11", status: 3)
        }
    }

    @Test func `who cancels during the trial never pays`() async throws {
        try await Story.tell(from: "2027-03-01", price: 31, ["trial": ["days": 14]]) { story in
            try await story.on("2027-03-10", "cancel")
            try await story.advance(to: "2027-06-01")
            try await story.bills()
            try await story.ends("2027-03-15", status: 3)
        }
    }

    @Test func `in arrears, who leaves pays for the days until then`() async throws {
        try await Story.tell(from: "2027-04-01", price: 30, ["collection": "arrears"]) { story in
            try await story.on("2027-04-11", "cancel", ["policy": "prorate_now"])
            try await story.advance(to: "2027-06-01")
            try await story.bills("2027-04-11 1000")
        }
    }

    @Test func `what has expired begins again at the price of that day`() async throws {
        try await Story.tell(from: "2027-01-01", price: 31, ["term": ["periods": 1]]) { story in
            let plan = try #require(try await story.send("GET", "").json["planId"]?.stringValue)
            #expect(try await story.service.send("PATCH", "/plans/\(plan)", ["price": 62]).status == 204)
            try await story.advance(to: "2027-03-01")
            try await story.ends("2027-02-01", status: 4)
            try await story.on("2027-03-05", "renew")
            try await story.bills("2027-01-01 3100", "2027-03-05 6200")
            try await story.ends("2027-04-05", status: 1)
        }
    }
}
