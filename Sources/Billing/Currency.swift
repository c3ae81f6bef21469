/// A currency by its ISO 4217 code.
package struct Currency: Sendable, Hashable, CustomStringConvertible {
    /// The alphabetic code in upper case, `USD`.
    package let code: String
    /// The number of decimals, ISO 4217's minor unit: 2 for USD, 0 for JPY, 3 for KWD. Codes that are not in the table
    /// of exceptions have 2. Stored, because every amount that is written asks for it.
    package let exponent: Int

    /// The currency with this code in either case.
    ///
    /// - Throws: `.invalidCurrency` unless the code has exactly three ASCII letters.
    package init(_ code: String) throws(BillingError) {
        guard code.utf8.count == 3,
            code.utf8.allSatisfy({ (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) })
        else { throw .invalidCurrency }
        self.code = code.uppercased()
        exponent = Currency.exponents[self.code] ?? 2
    }

    /// Minor units in one major unit: 100 for USD.
    package var minorUnitsPerMajor: Int64 {
        var units: Int64 = 1
        for _ in 0..<exponent { units *= 10 }
        return units
    }

    /// Whether the code is one of ISO 4217, in use or for funds.
    package var isKnown: Bool { Currency.known.contains(code) }

    /// The code.
    package var description: String { code }

    /// The currencies of ISO 4217 whose minor unit is not 2.
    private static let exponents: [String: Int] = [
        "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
        "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
        "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
        "CLF": 4, "UYW": 4,
    ]

    private static let known = Set(
        """
        AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN
        BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD
        FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS
        KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
        MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
        SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD
        USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL
        """.split(whereSeparator: \.isWhitespace).map(String.init))
}
