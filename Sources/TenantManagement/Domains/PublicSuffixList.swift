import FoundationEssentials
import NIOPosix

/// The public suffix list (publicsuffix.org): domains such as `co.uk` and `github.io`, under which everybody can register
/// names and which therefore belong to no tenant.
///
/// The file is read at each use, on a thread that may block: it is needed only when a domain is claimed or approved, so its ten
/// thousand rules need not stay in memory, and an update of the file takes effect immediately.
struct PublicSuffixList: Sendable {
    /// Nil to check nothing.
    let path: String?

    /// Whether a domain is a public suffix.
    func contains(_ domain: DomainName) async throws -> Bool {
        guard let path else { return false }
        return try await NIOThreadPool.singleton.runIfActive {
            let file = try Data(contentsOf: URL(fileURLWithPath: path))
            return Self.contains(domain, in: file)
        }
    }

    /// The rules that make a name a suffix are the name itself and the wildcard of its parent, which an exception takes back
    /// (`*.ck` and `!www.ck`).
    static func contains(_ domain: DomainName, in list: some Sequence<UInt8> & Collection) -> Bool {
        let labels = domain.unicodeLabels
        let name = Array(labels.joined(separator: ".").utf8)
        let wildcard = Array((["*"] + labels.dropFirst()).joined(separator: ".").utf8)
        let exception = [UInt8(ascii: "!")] + name
        var isSuffix = false
        for line in list.split(separator: UInt8(ascii: "\n")) {
            let rule = line.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") && $0 != UInt8(ascii: "\r") }
            if rule.elementsEqual(exception) { return false }
            if rule.elementsEqual(name) || rule.elementsEqual(wildcard) { isSuffix = true }
        }
        return isSuffix
    }
}
