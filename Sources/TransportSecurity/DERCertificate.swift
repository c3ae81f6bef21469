import NIOSSL

/// Reads as much of a certificate (RFC 5280 section 4.1, DER) as is needed to see who has issued it, which NIOSSL does not tell.
enum DERCertificate {
    /// Whether issuer and subject are the same. False for what cannot be read.
    static func isSelfIssued(_ certificate: NIOSSLCertificate) -> Bool {
        guard let bytes = try? certificate.toDERBytes() else { return false }
        return isSelfIssued(bytes)
    }

    static func isSelfIssued(_ bytes: [UInt8]) -> Bool {
        guard let certificate = element(bytes[...])?.content, let body = element(certificate)?.content else {
            return false
        }
        var rest = body
        // The version has a tag of its own and may be missing.
        if rest.first == 0xA0 { rest = element(rest)?.rest ?? [] }
        // Serial number, algorithm, issuer, validity, subject.
        var elements: [ArraySlice<UInt8>] = []
        while elements.count < 5, let next = element(rest) {
            elements.append(rest[rest.startIndex..<next.rest.startIndex])
            rest = next.rest
        }
        return elements.count == 5 && elements[2].elementsEqual(elements[4])
    }

    /// The first element, and what is behind it.
    private static func element(_ bytes: ArraySlice<UInt8>) -> (content: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
        guard bytes.count >= 2 else { return nil }
        var position = bytes.startIndex + 1
        var length = Int(bytes[position])
        position += 1
        if length >= 0x80 {
            let count = length - 0x80
            guard (1...3).contains(count), bytes.endIndex - position >= count else { return nil }
            length = bytes[position..<position + count].reduce(0) { $0 << 8 | Int($1) }
            position += count
        }
        guard bytes.endIndex - position >= length else { return nil }
        return (bytes[position..<position + length], bytes[(position + length)...])
    }
}
