/// How the readers of a language write dates and amounts.
package struct LocaleFormat: Sendable, Hashable {
    private enum DateForm: Hashable {
        /// 2026-01-31
        case iso
        /// Jan 31, 2026
        case monthFirst
        /// 31 Jan 2026
        case dayFirst
        /// 31.01.2026, with this separator in place of the period.
        case numbers(String)
        /// 2026年1月31日
        case han
    }

    private let date: DateForm
    /// Between thousands; empty for none.
    private let group: String
    private let decimal: String

    private init(_ date: DateForm, _ group: String, _ decimal: String) {
        self.date = date
        self.group = group
        self.decimal = decimal
    }

    /// The format of a BCP 47 tag, such as `de-AT`. Without a tag, or for an unknown one, it is `2026-01-31` and `1234.50`.
    package init(tag: String?) {
        let parts = (tag ?? "").lowercased().split { $0 == "-" || $0 == "_" }.map(String.init)
        let region = parts.dropFirst().last { $0.utf8.count == 2 }
        // A no-break space.
        let space = "\u{A0}"
        switch parts.first {
        case "en" where region == nil || region == "us" || region == "ph": self.init(.monthFirst, ",", ".")
        case "en" where region == "za": self.init(.dayFirst, space, ",")
        case "en": self.init(.dayFirst, ",", ".")
        case "de" where region == "ch" || region == "li": self.init(.numbers("."), "’", ".")
        case "de", "da", "nb", "no", "tr", "az", "sl", "hr", "sr", "ro": self.init(.numbers("."), ".", ",")
        case "fr" where region == "ch": self.init(.numbers("."), "’", ".")
        case "fr": self.init(.numbers("/"), space, ",")
        case "es" where ["mx", "us", "pr", "gt", "sv", "hn", "pa", "do"].contains(region ?? ""):
            self.init(.numbers("/"), ",", ".")
        case "it" where region == "ch": self.init(.numbers("."), "’", ".")
        case "es", "it", "pt", "id", "vi", "el", "ca", "gl": self.init(.numbers("/"), ".", ",")
        case "nl": self.init(.numbers("-"), ".", ",")
        case "fi", "pl", "cs", "sk", "ru", "uk", "bg", "et", "lv", "hu": self.init(.numbers("."), space, ",")
        case "sv", "lt": self.init(.iso, space, ",")
        case "ja", "zh": self.init(.han, ",", ".")
        case "he", "ar", "th", "hi": self.init(.numbers("/"), ",", ".")
        default: self.init(.iso, "", ".")
        }
    }

    /// A date.
    package func text(_ date: CalendarDate) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let month = Self.months[date.month - 1]
        return switch self.date {
        case .iso: date.description
        case .monthFirst: "\(month) \(date.day), \(date.year)"
        case .dayFirst: "\(date.day) \(month) \(date.year)"
        case .numbers(let separator): [two(date.day), two(date.month), "\(date.year)"].joined(separator: separator)
        case .han: "\(date.year)年\(date.month)月\(date.day)日"
        }
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// An amount with all decimals of its currency, followed by the currency code.
    package func text(_ money: Money) -> String { "\(number(money.decimalText))\u{A0}\(money.currency.code)" }

    /// A number that is written as `-1234.50`.
    package func number(_ text: String) -> String {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        let digits = Array(parts.first ?? "")
        var whole = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { whole += group }
            whole.append(digit)
        }
        let fraction = parts.count > 1 ? decimal + parts[1] : ""
        return (isNegative ? "-" : "") + whole + fraction
    }
}
