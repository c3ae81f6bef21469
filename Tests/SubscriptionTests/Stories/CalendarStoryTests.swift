import JSONCoding
import Testing

/// When subscriptions are billed.
@Suite struct CalendarStoryTests {
    @Test func `the 31st comes back after shorter months`() async throws {
        try await Story.tell(from: "2027-01-31", price: 10) { story in
            try await story.advance(to: "2027-05-31")
            try await story.bills(
                "2027-01-31 1000", "2027-02-28 1000", "2027-03-31 1000", "2027-04-30 1000", "2027-05-31 1000")
        }
    }

    @Test func `February 29 comes back after years without it`() async throws {
        try await Story.tell(from: "2028-02-29", price: 100, cycle: "YEARLY") { story in
            try await story.advance(to: "2032-02-29")
            try await story.bills(
                "2028-02-29 10000", "2029-02-28 10000", "2030-02-28 10000", "2031-02-28 10000",
                "2032-02-29 10000")
        }
    }

    @Test func `quarters that begin on the last day of January end on the last days of their months`() async throws {
        try await Story.tell(from: "2027-01-31", price: 90, cycle: "QUARTERLY") { story in
            try await story.advance(to: "2027-10-31")
            try await story.bills("2027-01-31 9000", "2027-04-30 9000", "2027-07-31 9000", "2027-10-31 9000")
        }
    }

    @Test func `who joins on the 15th and pays on the first has a short first period`() async throws {
        try await Story.tell(from: "2027-01-15", price: 31, ["anchor": ["day": 1]]) { story in
            try await story.advance(to: "2027-03-01")
            // 17 of the 31 days of January.
            try await story.bills("2027-01-15 1700", "2027-02-01 3100", "2027-03-01 3100")
        }
    }

    @Test func `weeks begin on Mondays`() async throws {
        try await Story.tell(from: "2027-01-06", price: 7, cycle: "WEEKLY", ["anchor": ["weekday": 1]]) { story in
            try await story.advance(to: "2027-01-18")
            // From Wednesday to Sunday.
            try await story.bills("2027-01-06 500", "2027-01-11 700", "2027-01-18 700")
        }
    }

    @Test func `a trial of two weeks is free, and the first paid day begins the periods`() async throws {
        try await Story.tell(from: "2027-03-01", price: 31, ["trial": ["days": 14]]) { story in
            try await story.advance(to: "2027-03-14")
            try await story.bills()
            try await story.advance(to: "2027-04-15")
            try await story.bills("2027-03-15 3100", "2027-04-15 3100")
        }
    }

    @Test func `who starts in the past gets what was due until today on one invoice`() async throws {
        try await Story.tell(from: "2027-03-10", price: 31, ["start": "2027-01-01"]) { story in
            try await story.advance(to: "2027-04-01")
            try await story.bills("2027-03-10 9300", "2027-04-01 3100")
        }
    }

    @Test func `who starts in the future is billed then`() async throws {
        try await Story.tell(from: "2027-01-10", price: 31, ["start": "2027-02-01"]) { story in
            try await story.advance(to: "2027-01-31")
            try await story.bills()
            try await story.advance(to: "2027-02-01")
            try await story.bills("2027-02-01 3100")
        }
    }

    @Test func `in arrears, the first invoice comes after the first month`() async throws {
        try await Story.tell(from: "2027-01-01", price: 31, ["collection": "arrears"]) { story in
            try await story.bills()
            try await story.advance(to: "2027-03-01")
            try await story.bills("2027-02-01 3100", "2027-03-01 3100")
        }
    }

    @Test func `Lord Howe's clocks are set back by half an hour, and its days are as many as before`() async throws {
        // Summer time, eleven hours before UTC, ends on April 4; then it is ten and a half.
        try await Story.tell(
            from: "2027-03-31T13:00:00Z", price: 30, ["timeZone": "Australia/Lord_Howe", "quantity": "1"]
        ) { story in
            try await story.bills("2027-04-01 3000", comment: "It is past midnight there.")
            // A quarter of an hour before midnight it is still the 15th, and 16 of 30 days are left.
            let early = try await story.on("2027-04-15T13:15:00Z", "change?preview=true", ["quantity": "2"])
            #expect(early["invoices"]?[0]?["totalMinor"] == 1600)
            try await story.on("2027-04-15T13:45:00Z", "change", ["quantity": "2"])
            try await story.bills("2027-04-01 3000", "2027-04-16 1500")
            try await story.advance(to: "2027-04-30T13:29:59Z")
            try await story.bills("2027-04-01 3000", "2027-04-16 1500")
            try await story.advance(to: "2027-04-30T13:30:00Z")
            try await story.bills("2027-04-01 3000", "2027-04-16 1500", "2027-05-01 6000")
        }
    }

    @Test func `a week with a missing hour in New York is a week`() async throws {
        try await Story.tell(
            from: "2027-03-10T05:00:00Z", price: 7, cycle: "WEEKLY", ["timeZone": "America/New_York"]
        ) { story in
            // Summer time begins on March 14, so local midnight is an hour earlier in UTC.
            try await story.advance(to: "2027-03-17T03:59:59Z")
            try await story.bills("2027-03-10 700")
            try await story.advance(to: "2027-03-17T04:00:00Z")
            try await story.bills("2027-03-10 700", "2027-03-17 700")
        }
    }

    @Test func `two subscriptions of a tenant keep their own days`() async throws {
        try await Story.tell(from: "2027-01-05", price: 10) { story in
            try await story.advance(to: "2027-01-20")
            let second = try await story.another(
                try await story.service.plan(price: 20), ["quantity": "2"])
            try await story.advance(to: "2027-02-20")
            try await story.bills("2027-01-05 1000", "2027-02-05 1000")
            try await second.bills("2027-01-20 4000", "2027-02-20 4000")
        }
    }

    @Test func `a term of three months ends, and one more month is added before`() async throws {
        try await Story.tell(from: "2027-01-01", price: 31, ["term": ["periods": 3]]) { story in
            try await story.ends("2027-04-01", status: 1)
            try await story.on("2027-03-15", "renew", ["periods": 1])
            try await story.advance(to: "2027-06-01")
            try await story.bills("2027-01-01 3100", "2027-02-01 3100", "2027-03-01 3100", "2027-04-01 3100")
            try await story.ends("2027-05-01", status: 4)
        }
    }
}
