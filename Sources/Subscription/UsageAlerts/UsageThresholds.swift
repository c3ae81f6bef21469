import Billing

/// Which thresholds of a limit were reached.
enum UsageThresholds {
    /// Those percentages of a limit that are at most what was used, the smallest first. Of no limit, and of nothing, none is reached.
    static func reached(_ thresholds: [Int], used: String, limit: String?) -> [Int] {
        guard let limit, let all = try? Rational(decimal: limit), let used = try? Rational(decimal: used),
            let hundredfold = try? used.multiplied(by: Rational(100)), used > .zero
        else { return [] }
        return thresholds.sorted().filter { threshold in
            guard let part = try? all.multiplied(by: Rational(threshold)) else { return false }
            return !(part > hundredfold)
        }
    }
}
