import Billing
import JSONCoding
import Primitives

/// Monthly recurring revenue, month by month and currency by currency.
struct RevenueReport: Sendable {
    /// What has happened in a month, of one kind.
    struct Movement: Sendable, Hashable {
        let month: String
        let currency: String
        let kind: RevenueMovement.Kind
        let amount: Int64
        let tenants: Int64
    }

    /// How a currency stood before the first month.
    struct Opening: Sendable, Hashable {
        let currency: String
        let amount: Int64
        let tenants: Int64
    }

    /// A currency in a month.
    struct Line: Sendable, Hashable {
        let month: String
        let currency: String
        var openingAmount: Int64
        var openingTenants: Int64
        var amounts: [RevenueMovement.Kind: Int64] = [:]
        var tenants: [RevenueMovement.Kind: Int64] = [:]

        func amount(_ kind: RevenueMovement.Kind) -> Int64 { amounts[kind] ?? 0 }
        func count(_ kind: RevenueMovement.Kind) -> Int64 { tenants[kind] ?? 0 }

        var closingAmount: Int64 { amounts.values.reduce(openingAmount, +) }
        var closingTenants: Int64 { openingTenants + count(.new) + count(.reactivated) - count(.churned) }

        /// Tenants that have left, in percent of those of the beginning; nil without any.
        var logoChurn: String? { Self.percent(count(.churned), of: openingTenants) }
        /// What leaving and smaller tenants paid, in percent of what all paid at the beginning; nil for nothing.
        var revenueChurn: String? { Self.percent(-(amount(.churned) + amount(.contraction)), of: openingAmount) }

        private static func percent(_ part: Int64, of whole: Int64) -> String? {
            guard whole > 0, let share = try? Rational(Int128(part) * 100, Int128(whole)) else { return nil }
            return share.decimalText(places: 2)
        }
    }

    /// One for each month and each currency that has ever had revenue by then.
    static func lines(_ range: ReportRange, _ openings: [Opening], _ movements: [Movement]) -> [Line] {
        let byMonth = Dictionary(grouping: movements, by: \.month)
        var standing = Dictionary(
            openings.map { ($0.currency, ($0.amount, $0.tenants)) }, uniquingKeysWith: { first, _ in first })
        var lines: [Line] = []
        for month in range.from.through(range.to) {
            let happened = Dictionary(grouping: byMonth[month.description] ?? [], by: \.currency)
            for currency in Set(standing.keys).union(happened.keys).sorted() {
                let (amount, tenants) = standing[currency] ?? (0, 0)
                var line = Line(
                    month: month.description, currency: currency, openingAmount: amount, openingTenants: tenants)
                for movement in happened[currency] ?? [] {
                    line.amounts[movement.kind, default: 0] += movement.amount
                    line.tenants[movement.kind, default: 0] += movement.tenants
                }
                standing[currency] = (line.closingAmount, line.closingTenants)
                lines.append(line)
            }
        }
        return lines
    }
}

/// A change of what a tenant pays a month.
enum RevenueMovement {
    /// As the tenant's revenue in the currency has changed by it.
    enum Kind: String, Sendable, CaseIterable {
        /// From nothing, for the first time.
        case new
        case expansion
        case contraction
        /// To nothing.
        case churned
        /// From nothing again.
        case reactivated
    }
}
