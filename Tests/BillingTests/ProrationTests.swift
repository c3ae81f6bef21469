import Billing
import Testing

/// Amounts of periods and of their parts: in advance and in arrears, changes of plans, pauses, discounts and tax.
@Suite struct ProrationTests {
    /// First days of service and amounts of the lines that fall due in a window.
    private func due(_ charge: RecurringCharge, _ start: String, _ end: String) throws -> [String] {
        try charge.lines(dueIn: period(start, end)).map { line in
            "\(try #require(line.period).start) \(line.amount.decimalText)"
        }
    }

    @Test func `in arrears the end of a period is due`() throws {
        let plan = try charge("24.95", .monthly, start: "2021-09-17", timing: .inArrears)
        #expect(try due(plan, "2021-09-01", "2021-10-17").isEmpty)
        let lines = try plan.lines(dueIn: period("2021-10-17", "2021-10-18"))
        #expect(lines.map(\.period) == [try period("2021-09-17", "2021-10-17")])
        #expect(lines.map(\.amount) == [try usd("24.95")])
    }

    @Test func `a fixed term of six weeks has six lines`() throws {
        let plan = try charge("24.95", .weekly, start: "2021-09-10", end: "2021-10-22")
        let invoice = try DraftInvoice(
            currency: Currency("USD"), charges: [plan], dueIn: period("2021-09-01", "2022-09-01"))
        #expect(
            try invoice.lines.map(\.period) == [
                period("2021-09-10", "2021-09-17"), period("2021-09-17", "2021-09-24"),
                period("2021-09-24", "2021-10-01"), period("2021-10-01", "2021-10-08"),
                period("2021-10-08", "2021-10-15"), period("2021-10-15", "2021-10-22"),
            ])
        #expect(invoice.total.decimalText == "149.70")
    }

    @Test func `a discounted phase of three months is followed by the regular price`() throws {
        let discounted = try charge("4.95", .monthly, start: "2021-09-15", end: "2021-12-15")
        let regular = try charge("24.95", .monthly, start: "2021-12-15")
        #expect(
            try due(discounted, "2021-09-01", "2022-03-01")
                == ["2021-09-15 4.95", "2021-10-15 4.95", "2021-11-15 4.95"])
        #expect(
            try due(regular, "2021-09-01", "2022-03-01")
                == ["2021-12-15 24.95", "2022-01-15 24.95", "2022-02-15 24.95"])
    }

    @Test func `two charges share an invoice`() throws {
        let charges = [
            try charge("24.95", .monthly, start: "2021-09-17"), try charge("275", .yearly, start: "2021-09-17"),
        ]
        let invoice = try DraftInvoice(
            currency: Currency("USD"), charges: charges, dueIn: period("2022-09-17", "2022-09-18"))
        #expect(invoice.lines.count == 2)
        #expect(invoice.total.decimalText == "299.95")
    }

    @Test(
        arguments: [
            ("B4", "24.95", .monthly, "2021-09-30", 25, "20.79", 25, 30),
            ("B5", "17.95", .monthly, "2021-09-30", 20, "11.97", 20, 30),
            ("B8", "92.00", .quarterly, "2011-02-01", 13, "12.00", 12, 92),
            ("B9", "365.00", .yearly, "2011-02-01", 13, "12.00", 12, 365),
            ("B12", "28.00", .monthly, "2023-02-15", 1, "14.00", 14, 28),
            ("B13", "31.00", .monthly, "2023-01-15", 1, "17.00", 17, 31),
            // The whole containing period, not one imagined from the start (which would give 13.29): policy P2.
            ("B14", "31.00", .monthly, "2011-02-01", 13, "12.00", 12, 31),
            ("B18", "90", .monthly, "2025-03-28", 5, "23.23", 8, 31),
            ("D19", "1000", .monthly, "2013-09-01", 7, "193.55", 6, 31),
            ("E7", "35.00", .monthly, "2024-03-11", 1, "23.71", 21, 31),
            ("E4", "50000.00", .monthly, "2024-03-15", 1, "27419.35", 17, 31),
            ("G20", "10000.00", .monthly, "2024-02-28", 1, "689.66", 2, 29),
        ] as [(String, String, BillingCycle, String, Int, String, Int128, Int128)])
    func `a partial first period costs its part of the whole one`(
        row: String, price: String, cycle: BillingCycle, start: String, anchorDay: Int, amount: String, days: Int128,
        of whole: Int128
    ) throws {
        let plan = try charge(price, cycle, start: start, anchorDay: anchorDay)
        let line = try plan.line(forPeriodContaining: date(start))
        #expect(line.amount.decimalText == amount, "\(row)")
        #expect(try line.share == fraction(days, whole), "\(row)")
        let end = try #require(line.period).end
        #expect(try plan.lines(dueIn: BillingPeriod(start: date(start), end: end)) == [line], "\(row)")
    }

    @Test func `an add-on with the plan's anchor day is billed together with the plan`() throws {
        let base = try charge("24.95", .monthly, start: "2021-09-20")
        let addOn = try charge("17.95", .monthly, start: "2021-09-30", anchorDay: 20)
        let invoice = try DraftInvoice(
            currency: Currency("USD"), charges: [base, addOn], dueIn: period("2021-10-20", "2021-10-21"))
        #expect(invoice.total.decimalText == "42.90")
    }

    @Test(arguments: [("B15", "2023-06-15", "4.00"), ("B16", "2023-06-16", "3.00"), ("B17", "2023-06-17", "2.00")])
    func `calendar weeks are counted from Monday`(row: String, localStart: String, amount: String) throws {
        // 12 June 2023 is a Monday. The caller has turned the instant into the customer's own date.
        let plan = try RecurringCharge(
            description: "Weekly", price: usd("7.00"),
            schedule: BillingSchedule(cycle: .weekly, anchor: date("2023-06-12")), start: date(localStart))
        #expect(try plan.line(forPeriodContaining: date(localStart)).amount.decimalText == amount, "\(row)")
    }

    @Test(
        arguments: [
            ("C1", .monthly, "2010-06-17", "2010-07-25", 8, 31), ("C3", .yearly, "2010-06-17", "2011-06-25", 8, 366),
            ("C7", .monthly, "2011-01-01", "2011-01-15", 14, 31), ("C7", .yearly, "2011-01-01", "2011-01-15", 14, 365),
            ("D35", .quarterly, "2012-02-01", "2012-02-15", 14, 90),
        ] as [(String, BillingCycle, String, String, Int128, Int128)])
    func `a partial last period costs its part of the whole one`(
        row: String, cycle: BillingCycle, start: String, end: String, days: Int128, of whole: Int128
    ) throws {
        let plan = try charge("100", cycle, start: start, end: end)
        let lines = try plan.lines(dueIn: period(start, "2020-01-01"))
        #expect(try lines.last?.share == fraction(days, whole), "\(row)")
        #expect(lines.last?.period?.end == (try date(end)), "\(row)")
        #expect(try lines.dropLast().allSatisfy { try $0.share == .one }, "\(row)")
    }

    @Test func `a pause credits and charges with one denominator`() throws {
        let whole = try period("2013-08-31", "2013-09-30")
        let line = try InvoiceLine(description: "Plan", unitPrice: usd("500"), period: whole, whole: whole)
        #expect(try line.credit(unusedFrom: date("2013-09-05")).amount == usd("-416.67"))
        let resumed = try InvoiceLine(
            description: "Plan", unitPrice: usd("500"), period: period("2013-09-10", "2013-09-30"), whole: whole)
        #expect(resumed.amount == (try usd("333.33")))
    }

    /// The old plan's unused days are credited, the new plan pays the same days; the change day is the new plan's.
    @Test(arguments: [
        ("D13", "599.95", "9.95", "2012-05-01", "2012-06-01", "2012-05-07", "-483.83", "8.02"),
        ("D14", "9.95", "29.95", "2012-05-01", "2012-06-01", "2012-05-08", "-7.70", "23.19"),
        ("D21", "29.00", "290.00", "2024-02-01", "2024-03-01", "2024-02-12", "-18.00", "180.00"),
        ("D28", "10", "20", "2024-03-01", "2024-04-01", "2024-03-15", "-5.48", "10.97"),
        ("D30", "1000", "500", "2024-03-01", "2024-04-01", "2024-03-15", "-548.39", "274.19"),
        ("D4", "5", "20", "2024-04-01", "2024-05-01", "2024-04-02", "-4.83", "19.33"),
    ])
    func `a plan change credits the old plan and charges the new one for the same days`(
        row: String, old: String, new: String, start: String, end: String, change: String, credit: String,
        charge: String
    ) throws {
        let whole = try period(start, end)
        let line = try InvoiceLine(description: "Old", unitPrice: usd(old), period: whole, whole: whole)
        let credited = try line.credit(unusedFrom: date(change))
        let charged = try InvoiceLine(
            description: "New", unitPrice: usd(new), period: BillingPeriod(start: date(change), end: whole.end),
            whole: whole)
        #expect(credited.amount == (try usd(credit)), "\(row)")
        #expect(charged.amount == (try usd(charge)), "\(row)")
        let invoice = try DraftInvoice(currency: Currency("USD"), lines: [credited, charged])
        #expect(try invoice.total == usd(credit).adding(usd(charge)), "\(row)")
    }

    @Test func `a credit is never more than what is left`() throws {
        let whole = try period("2012-05-01", "2012-06-01")
        let line = try InvoiceLine(description: "Plan", unitPrice: usd("249.95"), period: whole, whole: whole)
        #expect(try line.credit(unusedFrom: date("2012-05-02")).amount == usd("-241.89"))
        let change = try date("2012-05-02")
        #expect(try line.credit(unusedFrom: change, alreadyCredited: usd("10.00")).amount == usd("-239.95"))
        #expect(try line.credit(unusedFrom: change, alreadyCredited: usd("249.95")).amount.isZero)
        #expect(try line.credit(unusedFrom: change, alreadyCredited: usd("300.00")).amount.isZero)
        let yen = try Money(minorUnits: 1, currency: Currency("JPY"))
        #expect(throws: BillingError.currencyMismatch) { try line.credit(unusedFrom: change, alreadyCredited: yen) }
        #expect(throws: BillingError.invalidAmount) { try line.credit(unusedFrom: change, alreadyCredited: usd("-1")) }
        #expect(throws: BillingError.outsidePeriod) { try line.credit(unusedFrom: whole.end) }
        let credit = try line.credit(unusedFrom: change)
        #expect(throws: BillingError.invalidAmount) { try credit.credit(unusedFrom: change) }
    }

    @Test func `a change from a partly used month to a yearly plan credits the rest of the month`() throws {
        let whole = try period("2013-08-01", "2013-09-01")
        let month = try InvoiceLine(description: "Monthly", unitPrice: usd("1000"), period: whole, whole: whole)
        let year = try charge("10000", .yearly, start: "2013-08-16", anchorDay: 16)
        let lines =
            try [month.credit(unusedFrom: date("2013-08-16"))] + year.lines(dueIn: period("2013-08-16", "2013-08-17"))
        let invoice = try DraftInvoice(currency: Currency("USD"), lines: lines)
        #expect(invoice.lines.map(\.amount.decimalText) == ["-516.13", "10000.00"])
        #expect(invoice.total.decimalText == "9483.87")
    }

    @Test func `five more seats cost the rest of the period`() throws {
        let line = try InvoiceLine(
            description: "Seats", unitPrice: usd("10"), quantity: 5, period: period("2024-03-15", "2024-04-01"),
            whole: period("2024-03-01", "2024-04-01"))
        #expect(line.amount == (try usd("27.42")))
        #expect(throws: BillingError.invalidQuantity) {
            try InvoiceLine(
                description: "", unitPrice: usd("10"), quantity: -1, period: period("2024-03-15", "2024-04-01"),
                whole: period("2024-03-01", "2024-04-01"))
        }
    }

    @Test func `tax is rounded from the exact amount`() throws {
        let whole = try period("2025-09-18", "2025-10-18")
        let line = try InvoiceLine(
            description: "Plan", unitPrice: usd("200"), period: whole, whole: whole, taxRate: Rational(decimal: "0.25"))
        let invoice = try DraftInvoice(
            currency: Currency("USD"), lines: [line.credit(unusedFrom: date("2025-09-19"))])
        #expect(invoice.subtotal.decimalText == "-193.33")
        #expect(invoice.tax.decimalText == "-48.33")
        #expect(invoice.total.decimalText == "-241.66")
    }

    @Test func `the tax of an invoice is not the sum of the taxes of its lines`() throws {
        let fees = [10, 20, 30, 40, 10, 20, 30, 40] as [Int64]
        let whole = try period("2025-01-01", "2025-02-01")
        var left = fees.map { Rational($0 * 100) }
        // A coupon over some lines takes from each in proportion to what is left of it.
        func take(_ coupon: Int64, from indices: Range<Int>) throws {
            let sum = try left[indices].reduce(Rational.zero) { try $0.adding($1) }
            let rest = try Rational.one.subtracting(Rational(coupon * 100).divided(by: sum))
            for index in indices { left[index] = try left[index].multiplied(by: rest) }
        }
        try take(20, from: 0..<2)
        try take(10, from: 4..<8)
        try take(5, from: 0..<8)
        var lines: [InvoiceLine] = []
        for (index, fee) in fees.enumerated() {
            let rate = try Rational(decimal: index == 1 || index == 5 ? "0.2" : "0.1")
            let line = try InvoiceLine(
                description: "Fee", unitPrice: usd("\(fee)"), period: whole, whole: whole, taxRate: rate)
            lines.append(try line.discounted(by: Rational(fee * 100).subtracting(left[index])))
        }
        #expect(
            try lines.map { try $0.tax.decimalText } == [
                "0.32", "1.29", "2.91", "3.88", "0.87", "3.49", "2.62", "3.49",
            ])
        let invoice = try DraftInvoice(currency: Currency("USD"), lines: lines)
        #expect(try left.reduce(Rational.zero) { try $0.adding($1) } == Rational(16_500))
        #expect(invoice.tax.decimalText == "18.89")
    }

    @Test func `lines of another currency are refused`() throws {
        let plan = try charge("1", .monthly, start: "2026-01-01")
        #expect(throws: BillingError.currencyMismatch) {
            try DraftInvoice(currency: Currency("EUR"), charges: [plan], dueIn: period("2026-01-01", "2026-01-02"))
        }
        let empty = try DraftInvoice(currency: Currency("EUR"), lines: [])
        #expect(empty.total.isZero && empty.tax.isZero)
    }

    @Test func `discounts are at least zero and at most the charge`() throws {
        let line = try charge("1", .monthly, start: "2026-01-01").line(forPeriodContaining: date("2026-01-05"))
        #expect(try line.discounted(by: Rational(25)).amount == usd("0.75"))
        #expect(try line.discounted(by: Rational(100)).amount.isZero)
        #expect(throws: BillingError.invalidAmount) { try line.discounted(by: Rational(101)) }
        #expect(throws: BillingError.invalidAmount) { try line.discounted(by: Rational(-1)) }
    }

    @Test func `a quote outside the service period is refused`() throws {
        let plan = try charge("1", .monthly, start: "2026-01-10", anchorDay: 1, end: "2026-03-15")
        for day in ["2026-01-09", "2026-03-15", "2026-05-01"] {
            #expect(throws: BillingError.outsidePeriod) { try plan.line(forPeriodContaining: date(day)) }
        }
        #expect(try plan.line(forPeriodContaining: date("2026-03-14")).period == period("2026-03-01", "2026-03-15"))
    }

    @Test func `service that ends before it starts costs nothing`() throws {
        for end in ["2026-01-10", "2026-01-01"] {
            let plan = try charge("1", .monthly, start: "2026-01-10", end: end)
            #expect(try plan.lines(dueIn: period("2020-01-01", "2030-01-01")).isEmpty)
        }
    }
}
