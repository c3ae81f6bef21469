import Billing
import Testing

/// The invariants of the billing examples, section 2, on random inputs; the numbers are theirs.
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

    @Test func i2CreditAndChargeOfTheSameDaysCancel() throws {
        for _ in 0..<1_000 {
            let plan = try randomCharge()
            let whole = try plan.schedule.period(containing: plan.start)
            let line = try InvoiceLine(
                description: "Plan", unitPrice: plan.price, quantity: plan.quantity,
                period: BillingPeriod(start: plan.start, end: whole.end), whole: whole)
            let change = try line.period.start.adding(days: .random(in: 0..<line.period.days))
            let again = try InvoiceLine(
                description: "Plan", unitPrice: plan.price, quantity: plan.quantity,
                period: BillingPeriod(start: change, end: whole.end), whole: whole)
            let credit = try line.credit(unusedFrom: change)
            #expect(try credit.amount.adding(again.amount).isZero)
            #expect(try credit.exact.adding(again.exact) == .zero)
        }
    }

    @Test func i3ALaterChangeNeverCreditsOrChargesMore() throws {
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

    @Test func i5RepeatedCreditsNeverExceedTheCharge() throws {
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

    @Test func i10BillingTwiceOrLateGivesTheSameLines() throws {
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

    @Test func everyServedDayIsChargedExactlyOnce() throws {
        for _ in 0..<500 {
            var plan = try randomCharge()
            let end = try plan.end ?? plan.start.adding(days: 700)
            plan.end = end
            let all = try BillingPeriod(start: plan.start.adding(days: -1), end: plan.start.adding(days: 20_000))
            let lines = try plan.lines(dueIn: all)
            #expect(lines.reduce(0) { $0 + $1.period.days } == plan.start.days(until: end))
            #expect(lines.isEmpty || (lines.first?.period.start == plan.start && lines.last?.period.end == end))
            #expect(zip(lines, lines.dropFirst()).allSatisfy { $0.period.end == $1.period.start })
            #expect(try lines.dropFirst().dropLast().allSatisfy { try $0.share == .one })
        }
    }

    @Test func theSumOfAnInvoiceIsTheSumOfItsLines() throws {
        for _ in 0..<200 {
            let charges = try (0..<4).map { _ in try randomCharge() }
            let start = try randomDate()
            let invoice = try DraftInvoice(
                currency: Currency("USD"), charges: charges,
                dueIn: BillingPeriod(start: start, end: start.adding(days: 400)))
            #expect(try Money.sum(invoice.lines.map(\.amount), in: invoice.currency) == invoice.total)
        }
    }
}
