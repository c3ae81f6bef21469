import OutboundHTTP
import Primitives
import ServiceKit

@testable import AWS
@testable import TenantManagement

extension FuzzTarget {
    /// Path, query, header and body, a line each: the canonical form is stable and no part of a request can become another one.
    static let signatureV4 = FuzzTarget(
        "sigv4",
        tokens: ["/../", "/./", "//", "%2F", "%2f", "a=1&a=0", "&&", "=", "+", "%", "X-Amz-", "UNSIGNED-PAYLOAD"]
    ) { bytes in
        // Requests of this program are ASCII, with what is percent-encoded.
        let lines = bytes.map { $0 & 0x7F }.split(
            separator: UInt8(ascii: "\n"), maxSplits: 3, omittingEmptySubsequences: false
        ).map { String(decoding: $0, as: UTF8.self) }
        guard lines.count == 4 else { return "fewer lines" }
        let value = lines[2].filter { !$0.isNewline && $0 != "\r" }
        func canonical(_ path: String, _ query: String) -> [Substring] {
            CanonicalRequest(
                SignableRequest(
                    method: "POST", path: path, query: query, headers: [("Host", "a.example"), ("X-Test", value)],
                    body: Array(lines[3].utf8)), pathStyle: .encodedAgain
            ).text.split(separator: "\n", omittingEmptySubsequences: false)
        }
        let parts = canonical(lines[0], lines[1])
        try FuzzViolation.unless(parts.count == 8, "\(parts.count) lines")
        try FuzzViolation.unless(parts[1].hasPrefix("/") && !parts[1].contains("//"), "the path is \(parts[1])")
        try FuzzViolation.unless(
            !parts[1].split(separator: "/").contains { $0 == "." || $0 == ".." }, "the path has dot segments")
        let again = canonical(lines[0], String(parts[2]))
        try FuzzViolation.unless(again[2] == parts[2], "the query is not stable: \(parts[2]) and \(again[2])")
        return "\(parts[1].count.bitWidth - parts[1].count.leadingZeroBitCount) \(parts[2].split(separator: "&").count)"
    }

    /// The answer of the instance metadata or of a container's endpoint.
    static let awsCredentials = FuzzTarget(
        "aws-credentials",
        tokens: ["\"AccessKeyId\":", "\"SecretAccessKey\":", "\"Token\":", "\"Expiration\":", "\"Code\":\"Failed\""]
    ) { bytes in
        do {
            let credentials = try CredentialsDocument.parse(bytes, source: "fuzz")
            try FuzzViolation.unless(
                !credentials.accessKeyID.isEmpty && !credentials.secretAccessKey.isEmpty, "empty keys")
            return "credentials"
        } catch let error as CredentialsError {
            try FuzzViolation.unless("\(error)".utf8.count <= 1000, "a long error")
            return "refused"
        }
    }

    /// Replies are the same in whatever pieces they arrive.
    static let smtpReply = FuzzTarget("smtp-reply", tokens: ["250-", "250 OK\r\n", "421 4.7.0 ", "\r\n", "220"]) {
        bytes in
        func replies(_ chunks: [[UInt8]]) -> String {
            var parser = SMTPReplyParser()
            var replies = ""
            do throws(SMTPReplyError) {
                for chunk in chunks {
                    parser.append(chunk)
                    while let reply = try parser.next() { replies += "\(reply) \(reply.enhancedStatus ?? "") " }
                }
            } catch {
                replies += "\(error)"
            }
            return replies
        }
        let whole = replies([bytes])
        try FuzzViolation.unless(whole == replies(bytes.map { [$0] }), "in pieces it is different")
        return String(whole.prefix(20))
    }

    /// A range is inside the file, or refused.
    static let byteRange = FuzzTarget.text("byte-range", tokens: ["bytes=", "-", ",", "0-", "BYTES="]) { text in
        var outcome = ""
        for size in [Int64(0), 1, 100, 1 << 40] {
            do {
                let range = try ByteRange(header: text, size: size)
                try FuzzViolation.unless(
                    0 <= range.first && range.first <= range.last && range.last < size
                        && range.length <= ByteRange.maximumLength, "\(range) of \(size)")
                outcome += "range "
            } catch is ExportError {
                outcome += "refused "
            }
        }
        return outcome
    }

    /// A path of this host, whatever a browser makes of it.
    static let returnPath = FuzzTarget.text(
        "return-path", tokens: ["/", "//", "/\\", "\t", "%2e%2e", "%2F", "?", "#", "@", "https:", "/auth/login"]
    ) { text in
        guard let path = ReturnPath(text) else { return "refused" }
        try FuzzViolation.unless(path.text == text && text.utf8.first == UInt8(ascii: "/"), "another text is read")
        try FuzzViolation.unless(
            text.utf8.dropFirst().first != UInt8(ascii: "/") && !text.utf8.contains(UInt8(ascii: "\\")),
            "it leads to another host")
        try FuzzViolation.unless(text.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "it has other characters")
        return "path \(text.utf8.contains(UInt8(ascii: "?")))"
    }

    /// Endpoints of an identity provider are https URLs.
    static let providerMetadata = FuzzTarget(
        "provider-metadata",
        tokens: [
            "\"authorization_endpoint\":", "\"token_endpoint\":", "\"jwks_uri\":", "http://", "https://id.example.com/",
        ]
    ) { bytes in
        do {
            let metadata = try ProviderMetadata(bytes, issuer: "https://id.example.com")
            let endpoints = [metadata.authorizationEndpoint, metadata.tokenEndpoint, metadata.keySetURL]
            try FuzzViolation.unless(
                (endpoints + [metadata.endSessionEndpoint].compactMap { $0 }).allSatisfy {
                    $0.lowercased().hasPrefix("https://")
                }, "an endpoint without https")
            return "metadata"
        } catch let error as ProviderMetadata.Unusable {
            return error.description
        }
    }

    /// An address is the same when its normal form is read.
    static let emailAddress = FuzzTarget.text(
        "email-address", tokens: ["@", ".com", "+tag", "\"", "@gmail.com", "xn--"]
    ) { text in
        guard let address = EmailAddress(text) else { return "refused" }
        try FuzzViolation.unless(EmailAddress(address.text) == address, "the normal form is not stable")
        try FuzzViolation.unless(address.text.utf8.count <= EmailAddress.maximumLength, "it is too long")
        try FuzzViolation.unless(!address.text.utf8.contains { $0 < 0x21 || $0 == 0x7F }, "it has control characters")
        return "address \(address.mailbox == address.text)"
    }

    /// A domain is the same when its normal form is read.
    static let domainName = FuzzTarget.text("domain-name", tokens: [".", "xn--", "-", "co.uk", "_", "xn--99zzzzzzzz"]) {
        text in
        guard let name = DomainName(text) else { return "refused" }
        try FuzzViolation.unless(DomainName(name.text)?.text == name.text, "the normal form is not stable")
        return "name"
    }

    /// A URL that is accepted has a host, and neither credentials nor control characters.
    static let httpURL = FuzzTarget.text(
        "http-url", tokens: ["https://", "http://", "@", "[::1]", ":65536", "#", "?", "\\", "%00"]
    ) { text in
        guard let url = HTTPURL(text) else { return "refused" }
        try FuzzViolation.unless(!url.host.isEmpty, "no host")
        try FuzzViolation.unless(!text.utf8.contains { $0 < 0x21 || $0 == 0x7F }, "control characters")
        return "url"
    }

    /// Names of files stay inside of the archive, and contents are no longer than it is.
    static let tarArchive = FuzzTarget(
        "tar", tokens: ["ustar", "../", "00000000777\u{0}", "77777777777\u{0}", "-0000000001"], maximumLength: 8192,
        seeds: {
            let file = TarArchive.entry("tenants.jsonl", Array("{}\n".utf8), seconds: 1)
            return [file + TarArchive.end, file + TarArchive.entry("a/b", [], seconds: 0) + TarArchive.end]
        }
    ) { bytes in
        do {
            let files = try TarArchive.files(in: bytes)
            try FuzzViolation.unless(
                files.reduce(0) { $0 + $1.content.count } <= bytes.count, "more content than bytes")
            for file in files {
                try FuzzViolation.unless(
                    !file.name.hasPrefix("/") && !file.name.split(separator: "/").contains(".."),
                    "\(file.name) leads out")
            }
            return "files \(min(files.count, 4))"
        } catch let error as TarError {
            return "\(error)"
        }
    }
}
