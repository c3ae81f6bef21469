import Billing

extension ElectronicInvoice {
    /// What the standard requires and the invoice lacks, as sentences; empty if it can be sent.
    package var missing: [String] {
        var missing: [String] = []
        if currency.exponent > 2 { missing.append("a currency with at most two decimals (BR-DEC)") }
        let categories = Set(lines.map(\.tax.category))
        if seller.vatID == nil, seller.registration == nil {
            missing.append("a VAT id or registration of the seller (BR-CO-26)")
        }
        if seller.vatID == nil, seller.taxNumber == nil, !categories.isSubset(of: [.notSubject]) {
            missing.append("a VAT id or tax number of the seller (BR-S-02)")
        }
        if categories.contains(.reverseCharge) {
            if seller.vatID == nil { missing.append("a VAT id of the seller for reverse charge (BR-AE-02)") }
            if buyer.vatID == nil, buyer.registration == nil {
                missing.append("a VAT id or registration of the buyer for reverse charge (BR-AE-02)")
            }
        }
        if categories.contains(.notSubject), categories.count > 1 {
            missing.append("either taxes on all lines or on none (BR-O-11)")
        }
        if lines.isEmpty { missing.append("a line (BR-16)") }
        return missing
    }

    /// Whether it can go through the network of Peppol, which needs to know where it goes.
    var isForPeppol: Bool { seller.endpoint != nil && buyer.endpoint != nil && buyerReference != nil }
}
