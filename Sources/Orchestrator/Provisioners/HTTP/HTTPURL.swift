import FoundationEssentials

/// Checks of configured addresses and headers, so that a typing error shows at start.
enum HTTPURL {
    /// Whether the text is an absolute http or https URL with a host and without user, password and fragment.
    static func isValid(_ text: String) -> Bool {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let url = URL(string: text),
            let scheme = url.scheme?.lowercased(), let host = url.host()
        else { return false }
        return ["http", "https"].contains(scheme) && !host.isEmpty && url.user() == nil && url.password() == nil
            && url.fragment() == nil
    }

    /// Whether a header may be sent: a token as name, visible ASCII and spaces as value (RFC 9110 section 5).
    static func isHeader(name: String, value: String) -> Bool {
        let separators = Set(#"()<>@,;:\"/[]?={} "#.utf8)
        return !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !separators.contains($0) }
            && value.utf8.allSatisfy { ($0 >= 0x20 && $0 < 0x7F) || $0 == 0x09 }
    }
}
