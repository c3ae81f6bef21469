import JSONCoding
import Primitives

/// The claims of a verified token. A claim that restricts the bearer is never treated as absent.
///
/// A claim of an unexpected JSON type (a number, a list of several texts, null) makes the token invalid, because ignoring it
/// would give the bearer more rights than the issuer intended. A list of exactly one text counts as that text, because some
/// identity providers send attributes in this form.
struct TokenClaims: Sendable {
    private let claims: JSONObject

    init(_ claims: JSONObject) {
        self.claims = claims
    }

    /// A text claim; nil if it is absent.
    /// - Throws: 401 for any other type.
    func text(_ name: String) throws(HTTPFailure) -> String? {
        switch claims[name] {
        case nil: return nil
        case .string(let text): return text
        case .array(let list):
            guard list.count == 1, let text = list[0].stringValue else { throw .invalidToken }
            return text
        default: throw .invalidToken
        }
    }

    /// Whether there is a claim of that name, of any type.
    func has(_ name: String) -> Bool { claims[name] != nil }

    /// Whether a claim is exactly this text; a list is not.
    func isText(_ name: String, _ text: String) -> Bool { claims[name]?.stringValue?.hasSameBytes(as: text) == true }

    /// A claim that is a text or a list of texts; empty if it is absent.
    /// - Throws: 401 for any other type, and for a list with any other element.
    func texts(_ name: String) throws(HTTPFailure) -> [String] {
        switch claims[name] {
        case nil: return []
        case .string(let text): return [text]
        case .array(let list):
            let texts = list.compactMap(\.stringValue)
            guard texts.count == list.count else { throw .invalidToken }
            return texts
        default: throw .invalidToken
        }
    }

    /// A NumericDate (RFC 7519 section 2): seconds since 1970, possibly with a fraction; nil if it is absent.
    /// - Throws: 401 for any other type and for instants outside of the calendar.
    func time(_ name: String) throws(HTTPFailure) -> Timestamp? {
        guard let value = claims[name] else { return nil }
        guard case .number(let number) = value, abs(number.double) < 9e12 else { throw .invalidToken }
        return Timestamp(microseconds: Int64(number.double * 1_000_000))
    }

    /// Claim `iat`; nil if it is absent or has another form, because revocations then count the token as old.
    var issuedAt: Timestamp? { (try? time("iat")) ?? nil }

    /// A list of texts that grant something. Other types and other elements grant nothing: the original compares
    /// permission codes as texts, so numbers never match.
    func grants(_ name: String) -> Set<String> {
        var granted: Set<String> = []
        // Codes are ASCII. Other texts are ignored, because Swift considers U+212A equal to `K`.
        for case .string(let text) in claims[name]?.arrayValue ?? [] where text.utf8.allSatisfy({ $0 < 0x80 }) {
            granted.insert(text)
        }
        return granted
    }
}
