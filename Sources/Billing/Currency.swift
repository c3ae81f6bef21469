/// A currency by its ISO 4217 code.
package struct Currency: Sendable, Hashable, CustomStringConvertible {
    /// The alphabetic code in upper case, `USD`.
    package let code: String

    /// The currency with this code in either case.
    ///
    /// - Throws: `.invalidCurrency` unless the code has exactly three ASCII letters.
    package init(_ code: String) throws(BillingError) {
        guard code.utf8.count == 3,
            code.utf8.allSatisfy({ (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) })
        else { throw .invalidCurrency }
        self.code = code.uppercased()
    }

    /// The number of decimals, ISO 4217's minor unit: 2 for USD, 0 for JPY, 3 for KWD. Codes that are not in the table
    /// of exceptions have 2.
    package var exponent: Int { Currency.exponents[code] ?? 2 }

    /// Minor units in one major unit: 100 for USD.
    package var minorUnitsPerMajor: Int64 {
        var units: Int64 = 1
        for _ in 0..<exponent { units *= 10 }
        return units
    }

    /// The code.
    package var description: String { code }

    /// The currencies of ISO 4217 whose minor unit is not 2.
    private static let exponents: [String: Int] = [
        "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
        "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
        "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
        "CLF": 4, "UYW": 4,
    ]
}
