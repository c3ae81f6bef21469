import Billing
import Entities
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

@testable import Subscription

/// The form of reports, and how months follow from what has happened. `ServiceTests.Reports` has those of a database.
struct ReportTests {
    @Test func `cells are quoted, and no text is a formula`() {
        let cells: [(JSONValue, String)] = [
            (.null, ""), (.integer(-5), "-5"), (.bool(true), "true"), ("plain", "plain"), ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""), ("two\nlines", "\"two\nlines\""), ("=1+1", "'=1+1"), ("+1", "'+1"),
            ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"), ("\r=1,2", "\"'\r=1,2\""), ("|cmd", "'|cmd"),
            (" =1", "' =1"), ("\u{ff1d}1", "'\u{ff1d}1"), ("a=1", "a=1"),
        ]
        for (value, expected) in cells { #expect(ReportTable.cell(value) == expected) }
        let table = ReportTable(
            columns: [.init("name", .string(), ""), .init("amount", .integer(), "")], rows: [["=x", 5], [.null, -1]])
        #expect(table.csv == "name,amount\r\n'=x,5\r\n,-1\r\n")
    }

    @Test func `a month begins where the one before has ended, whatever happens`() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            var movements: [RevenueReport.Movement] = []
            for _ in 0..<Int.random(in: 0..<30, using: &generator) {
                let kind = RevenueMovement.Kind.allCases.randomElement(using: &generator) ?? .new
                let size = Int64.random(in: 1...1000, using: &generator)
                movements.append(
                    .init(
                        month: "2026-0\(Int.random(in: 1...6, using: &generator))",
                        currency: Bool.random(using: &generator) ? "USD" : "JPY", kind: kind,
                        amount: kind == .churned || kind == .contraction ? -size : size, tenants: 1))
            }
            let first = try #require(ReportMonth("2026-01"))
            let last = first.adding(5)
            let range = try #require(ReportRange(from: first, to: last))
            let opening = RevenueReport.Opening(currency: "USD", amount: 5_000, tenants: 3)
            let lines = RevenueReport.lines(range, [opening], movements)
            for currency in ["USD", "JPY"] {
                let own = lines.filter { $0.currency == currency }
                for (line, next) in zip(own, own.dropFirst()) {
                    #expect(next.openingAmount == line.closingAmount && next.openingTenants == line.closingTenants)
                }
                let sum = movements.filter { $0.currency == currency }.reduce(Int64(0)) { $0 + $1.amount }
                #expect((own.last?.closingAmount ?? 0) == sum + (currency == "USD" ? 5_000 : 0))
            }
            #expect(lines.filter { $0.currency == "USD" }.count == 6)
        }
    }

    @Test func `months are those of the calendar`() {
        #expect(ReportMonth("2026-13") == nil && ReportMonth("2026-1") == nil && ReportMonth("26-01-01") == nil)
        #expect(ReportMonth("2026-12")?.adding(1).description == "2027-01")
        #expect(ReportMonth("2026-01")?.adding(-1).firstDay == "2025-12-01")
    }

    private struct SeededGenerator: RandomNumberGenerator {
        private var state: UInt64
        init(seed: UInt64) { state = seed }
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }
}

extension ServiceTests {
    @Suite struct Reports {
        /// All rows of a list, page by page.
        private func all(_ service: TestService, _ path: String) async throws -> [JSONValue] {
            var rows: [JSONValue] = []
            var next: String? = path
            while let page = next {
                let response = try await service.send("GET", page)
                try #require(response.status == 200, "\(page): \(response.text)")
                rows += response.json.arrayValue ?? []
                next = response.nextPage
            }
            return rows
        }

        private func sum(_ rows: [JSONValue], _ name: String = "amount") -> Int {
            rows.reduce(0) { $0 + ($1[name]?.intValue ?? 0) }
        }

        @Test func `each tenant is on one page of the report, whatever the length of a page`() async throws {
            try await TestService.run(environment: ["QUERY_MAXIMUM_LIMIT": "2"]) { service in
                let tenants = (0..<4).map { _ in Identifier.v4() }.sorted()
                for (index, tenant) in tenants.enumerated() {
                    try await service.know(tenant)
                    // Two currencies are two rows, and a page is one of tenants.
                    for currency in ["EUR", "USD"] {
                        let cost: JSONValue = [
                            "tenantId": .identifier(tenant), "month": "2026-01", "currencyCode": .string(currency),
                            "amount": .integer(index),
                        ]
                        #expect(try await service.send("POST", "/reports/tenant-costs", cost).status == 204)
                    }
                }
                let rows = try await all(service, "/reports/tenants?from=2026-01&to=2026-01")
                let shown = rows.compactMap { $0["tenantId"]?.stringValue }
                #expect(shown == tenants.flatMap { [$0.description, $0.description] })
                #expect(sum(rows, "cost") == 12)
                let first = try await service.send("GET", "/reports/tenants?from=2026-01&to=2026-01")
                #expect(first.json.arrayValue?.count == 4 && first.nextPage != nil, "\(first.text)")
            }
        }

        @Test func `SQL counts the minor units of every currency as the engine does`() async throws {
            let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".map { String($0) }
            let codes = letters.flatMap { first in
                letters.flatMap { second in letters.map { first + second + $0 } }
            }
            let expected = try codes.map { "\($0) \(try Currency($0).minorUnitsPerMajor)" }
            try await TestDatabase.with(.subscription) { database in
                let counted = try await database.texts(
                    "SELECT code || ' ' || main.minor_units(1, code)::bigint FROM unnest($1::text[]) AS code",
                    [.textArray(codes)])
                #expect(counted.count == codes.count && Set(expected).subtracting(counted) == [])
            }
        }

        @Test func `each figure is the sum of the list that explains it`() async throws {
            // The database has its own time, which says in which month something happens.
            try await TestService.run(at: SystemClock().now().description) { service in
                let database = service.database
                let plan = try await service.plan(price: 60)
                let yen = try await service.plan(price: 1200, currency: "JPY", cycle: "YEARLY")
                let (tenantA, tenantB) = (TestService.tenantA, TestService.tenantB)
                func subscribe(_ tenant: Identifier, _ plan: String, _ terms: JSONObject) async throws -> String {
                    var body = terms
                    body["subscriberId"] = .identifier(tenant)
                    body["planId"] = .string(plan)
                    body["status"] = 1
                    let response = try await service.send("POST", "/subscriptions", .object(body))
                    try #require(response.status == 201, "\(response.text)")
                    return try #require(response.json["id"]?.stringValue)
                }
                let engine = try await subscribe(
                    tenantA, plan, ["quantity": "3", "taxes": [["name": "VAT", "rate": "20"]]])
                let original = try await subscribe(tenantB, plan, [:])
                _ = try await subscribe(tenantB, yen, ["quantity": "2"])
                _ = try await subscribe(.v4(), plan, ["trial": ["days": 3000]])
                let changed = try await service.send(
                    "POST", "/subscriptions/\(engine)/change", ["quantity": "5", "policy": "prorate_now"])
                #expect(changed.status == 200, "\(changed.text)")
                #expect(
                    try await service.send("PATCH", "/subscriptions/\(original)", ["status": 3]).status == 204)

                let month = try await database.texts("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM')")[0]
                let range = "from=\(month)&to=\(month)"
                let mrr = try await all(service, "/reports/mrr?\(range)")
                #expect(mrr.map { $0["currency"]?.stringValue } == ["JPY", "USD"])
                let dollars = try #require(mrr.last)
                #expect(dollars["new"] == 24_000 && dollars["expansion"] == 12_000 && dollars["churned"] == -6000)
                #expect(dollars["closing"] == 30_000 && dollars["tenants"] == 1, "\(dollars)")
                #expect(mrr.first?["closing"] == 200, "\(mrr)")
                for line in mrr {
                    let currency = line["currency"]?.stringValue ?? ""
                    let items = try await all(service, "/reports/mrr/items?month=\(month)&currency=\(currency)")
                    #expect(sum(items) == line["closing"]?.intValue && items.count == line["tenants"]?.intValue)
                    let changes = try await all(service, "/reports/churn/items?month=\(month)&currency=\(currency)")
                    for kind in RevenueMovement.Kind.allCases {
                        #expect(
                            sum(changes.filter { $0["kind"]?.stringValue == kind.rawValue })
                                == line[kind.rawValue]?.intValue)
                    }
                }
                let churn = try #require(try await all(service, "/reports/churn?\(range)").last)
                #expect(
                    churn["newTenants"] == 2 && churn["churnedTenants"] == 1 && churn["logoChurn"] == .null, "\(churn)")

                // Receivables are those of the ledger, and the lists are those invoices.
                let aging = try await all(service, "/reports/receivables-aging")
                let owed = try await database.texts(
                    """
                    SELECT currency_code || ' ' || sum(amount) FROM main.ledger_entries WHERE account = 'receivable'
                    GROUP BY currency_code ORDER BY 1
                    """)
                let shown = Dictionary(grouping: aging) { $0["currency"]?.stringValue ?? "" }
                #expect(shown.map { "\($0.key) \(sum($0.value))" }.sorted() == owed)
                for part in aging {
                    let query =
                        "currency=\(part["currency"]?.stringValue ?? "")&overdue=\(part["overdue"]?.stringValue ?? "")"
                        .replacing("+", with: "%2B")
                    let items = try await all(service, "/reports/receivables-aging/items?\(query)")
                    #expect(sum(items) == part["amount"]?.intValue && items.count == part["invoices"]?.intValue)
                }

                // Revenue and cost of tenants.
                let cost: JSONValue = [
                    "tenantId": .identifier(tenantA), "month": .string(month), "currencyCode": "USD", "amount": 700,
                    "description": "=servers",
                ]
                #expect(try await service.send("POST", "/reports/tenant-costs", cost).status == 204)
                #expect(try await service.send("POST", "/reports/tenant-costs", cost).status == 204)
                let tenants = try await all(service, "/reports/tenants?\(range)")
                let own = try #require(tenants.first { $0["tenantId"] == .identifier(tenantA) })
                #expect(own["cost"] == 700 && (own["revenue"]?.intValue ?? 0) > 0)
                let items = try await all(
                    service, "/reports/tenants/items?tenantId=\(tenantA)&currency=USD&\(range)")
                #expect(sum(items.filter { $0["type"] == "revenue" }) == own["revenue"]?.intValue)
                #expect(sum(items.filter { $0["type"] == "cost" }) == 700)
                let sheet = try await service.send(
                    "GET", "/reports/tenants/items?tenantId=\(tenantA)&currency=USD&format=csv&\(range)")
                #expect(sheet.text.contains(",'=servers,700\r\n"), "\(sheet.text)")
                var unknown = try #require(cost.objectValue)
                unknown["currencyCode"] = "QQQ"
                let refused = try await service.send("POST", "/reports/tenant-costs", .object(unknown))
                #expect(refused.violations == ["/currencyCode: exists"], "\(refused.text)")

                let csv = try await service.send("GET", "/reports/mrr?\(range)", headers: ["accept": "text/csv"])
                #expect(csv.text.hasPrefix("month,currency,opening,") && csv.text.contains("\(month),USD,0,24000,"))
                #expect(try await service.send("GET", "/reports/mrr?\(range)&format=csv").text == csv.text)
                for months in ["from=2026-13", "to=0001-01", "from=0000-01&to=0000-02", "from=9999-12&to=9999-12"] {
                    #expect(try await service.send("GET", "/reports/mrr?\(months)").status == 400, "\(months)")
                }
                #expect(try await service.send("GET", "/reports/mrr?to=1970-01").json == [])
                #expect(try await service.send("GET", "/reports/mrr?testClocks=maybe").status == 400)
                #expect(try await service.send("GET", "/reports/mrr?from=2020-01&to=2026-01").status == 400)
                #expect(
                    try await service.send("GET", "/reports/churn/items?month=\(month)&currency=USD&cursor=x").status
                        == 400)
                let token = try await service.token(tenant: tenantA)
                #expect(try await service.send("GET", "/reports/mrr", token: token).status == 403)
            }
        }
    }
}
