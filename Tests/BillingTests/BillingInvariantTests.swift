import Billing
import Testing

/// What holds for every charge, on random inputs.
@Suite struct BillingInvariantTests {
    private func randomCharge() throws -> RecurringCharge {
        let start = try randomDate()
        let cycle = try randomCycle()
        let schedule =
            switch cycle.unit {
            case .day, .week: BillingSchedule(cycle: cycle, anchor: try start.adding(days: .random(in: -400...400)))
            case .month, .year: try BillingSchedule(cycle: cycle, start: start, anchorDay: .random(in: 1...31))
            }
        return try RecurringCharge(
            description: "Plan", price: Money(minorUnits: .random(in: 0...1_000_000), currency: Currency("USD")),
            quantity: .random(in: 0...9), schedule: schedule, start: start,
            end: Bool.random() ? start.adding(days: .random(in: 0...900)) : nil,
            timing: Bool.random() ? .inAdvance : .inArrears)
    }

    @Test func `credit and charge of the same days cancel each other`() throws {
        for _ in 0..<1_000 {
            let plan = try randomCharge()
            let whole = try plan.schedule.period(containing: plan.start)
            let line = try InvoiceLine(
                description: "Plan", unitPrice: plan.price, quantity: plan.quantity,
                period: BillingPeriod(start: plan.start, end: whole.end), whole: whole)
            let served = try #require(line.period)
            let change = try served.start.adding(days: .random(in: 0..<served.days))
            let again = try InvoiceLine(
                description: "Plan", unitPrice: plan.price, quantity: plan.quantity,
                period: BillingPeriod(start: change, end: whole.end), whole: whole)
            let credit = try line.credit(unusedFrom: change)
            #expect(try credit.amount.adding(again.amount).isZero)
            #expect(try credit.exact.adding(again.exact) == .zero)
        }
    }

    @Test func `a later change never credits or charges more`() throws {
        for _ in 0..<300 {
            let plan = try randomCharge()
            let whole = try plan.schedule.period(containing: plan.start)
            let line = try InvoiceLine(
                description: "Plan", unitPrice: plan.price, quantity: plan.quantity, period: whole, whole: whole)
            let credits = try (0..<min(whole.days, 60)).map {
                try -line.credit(unusedFrom: whole.start.adding(days: $0)).amount.minorUnits
            }
            #expect(zip(credits, credits.dropFirst()).allSatisfy { $0 >= $1 })
            #expect(credits.first == line.amount.minorUnits)
        }
    }

    @Test func `repeated credits never exceed the charge`() throws {
        for _ in 0..<500 {
            let plan = try randomCharge()
            let whole = try plan.schedule.period(containing: plan.start)
            let line = try InvoiceLine(
                description: "Plan", unitPrice: plan.price, quantity: plan.quantity, period: whole, whole: whole)
            var credited = Money.zero(plan.price.currency)
            for _ in 0..<5 {
                let date = try whole.start.adding(days: .random(in: 0..<whole.days))
                let credit = try line.credit(unusedFrom: date, alreadyCredited: credited)
                credited = try credited.subtracting(credit.amount)
            }
            #expect(credited.minorUnits <= line.amount.minorUnits && !credited.isNegative)
        }
    }

    @Test func `billing twice or late gives the same lines`() throws {
        for _ in 0..<500 {
            let plan = try randomCharge()
            let first = try plan.start.adding(days: .random(in: -100...100))
            let days = Int.random(in: 2...800)
            let late = try plan.lines(dueIn: BillingPeriod(start: first, end: first.adding(days: days)))
            var onTime: [InvoiceLine] = []
            var from = 0
            while from < days {
                let to = min(days, from + Int.random(in: 1...40))
                let window = try BillingPeriod(start: first.adding(days: from), end: first.adding(days: to))
                let lines = try plan.lines(dueIn: window)
                #expect(try plan.lines(dueIn: window) == lines)
                onTime += lines
                from = to
            }
            #expect(onTime == late)
        }
    }

    @Test func `every served day is charged exactly once`() throws {
        for _ in 0..<500 {
            var plan = try randomCharge()
            let end = try plan.end ?? plan.start.adding(days: 700)
            plan.end = end
            let all = try BillingPeriod(start: plan.start.adding(days: -1), end: plan.start.adding(days: 20_000))
            let lines = try plan.lines(dueIn: all)
            let periods = lines.compactMap(\.period)
            #expect(periods.count == lines.count)
            #expect(periods.reduce(0) { $0 + $1.days } == plan.start.days(until: end))
            #expect(periods.isEmpty || (periods.first?.start == plan.start && periods.last?.end == end))
            #expect(zip(periods, periods.dropFirst()).allSatisfy { $0.end == $1.start })
            #expect(try lines.dropFirst().dropLast().allSatisfy { try $0.share == .one })
        }
    }

    @Test func `the sum of an invoice is the sum of its lines`() throws {
        for _ in 0..<200 {
            let charges = try (0..<4).map { _ in try randomCharge() }
            let start = try randomDate()
            let invoice = try DraftInvoice(
                currency: Currency("USD"), charges: charges,
                dueIn: BillingPeriod(start: start, end: start.adding(days: 400)))
            #expect(try Money.sum(invoice.lines.map(\.amount), in: invoice.currency) == invoice.total)
        }
    }

    @Test func `an invoice that was billed has the same sums, whatever its lines were computed from`() throws {
        for _ in 0..<500 {
            let rate = try Rational(.random(in: 0...25), 100)
            let lines = try (0..<Int.random(in: 0...5)).flatMap { _ in
                var charge = try randomCharge()
                charge.taxRate = rate
                return try charge.lines(dueIn: BillingPeriod(start: charge.start, end: charge.start.adding(days: 60)))
            }
            let draft = try DraftInvoice(currency: Currency("USD"), lines: lines)
            let billed = try DraftInvoice(
                lines: draft.lines.map {
                    InvoiceLine(
                        billed: $0.description, unitPrice: $0.unitPrice, quantity: $0.quantity, amount: $0.amount,
                        period: $0.period)
                }, tax: draft.tax)
            #expect(billed.subtotal == draft.subtotal && billed.tax == draft.tax && billed.total == draft.total)
            #expect(billed.lines.map(\.amount) == draft.lines.map(\.amount))
            #expect(billed.lines.map(\.period) == draft.lines.map(\.period))
        }
    }

    @Test func `single charges and credits add up exactly`() throws {
        for _ in 0..<500 {
            let currency = try Currency(["USD", "JPY", "KWD", "CLF"].randomElement() ?? "USD")
            let amounts = (0..<Int.random(in: 0...100)).map { _ in
                Int64.random(in: -1_000_000_000_000_000...1_000_000_000_000_000)
            }
            let invoice = try DraftInvoice(
                currency: currency,
                lines: amounts.map {
                    InvoiceLine(description: "", amount: Money(minorUnits: $0, currency: currency))
                })
            #expect(invoice.total.minorUnits == amounts.reduce(0, +) && invoice.total.currency == currency)
            #expect(invoice.lines.allSatisfy { $0.period == nil && $0.quantity == 1 && $0.unitPrice == $0.amount })
        }
    }

    @Test func `a single charge has no days to credit`() throws {
        let line = try InvoiceLine(description: "Setup", amount: usd("10"))
        #expect(throws: BillingError.outsidePeriod) { try line.credit(unusedFrom: date("2026-01-01")) }
        #expect(throws: BillingError.outsidePeriod) { try line.share }
        #expect(throws: BillingError.currencyMismatch) {
            try DraftInvoice(currency: Currency("EUR"), lines: [line])
        }
    }
}
