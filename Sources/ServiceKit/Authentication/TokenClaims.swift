import JSONCoding
import Primitives

/// The claims of a verified token, read so that a claim which restricts its bearer is never taken for absent.
///
/// A claim that is there in an unexpected JSON type (a number, a list of several texts, null) makes the token unusable:
/// ignoring it would give the bearer more than the issuer meant. A list of exactly one text counts as that text, because
/// identity providers send attributes like that.
struct TokenClaims: Sendable {
    private let claims: JSONObject

    init(_ claims: JSONObject) {
        self.claims = claims
    }

    /// A claim that is a text; nil when the token does not have it.
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

    /// Whether a claim is exactly this text, not a list with it.
    func isText(_ name: String, _ text: String) -> Bool { claims[name]?.stringValue?.hasSameBytes(as: text) == true }

    /// A claim that is a text or a list of texts; empty when the token does not have it.
    /// - Throws: 401 for any other type, and for a list that holds anything else.
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

    /// A NumericDate (RFC 7519 section 2): seconds since 1970, possibly with a fraction; nil when the token does not
    /// have it.
    /// - Throws: 401 for any other type and for instants that are beyond the calendar.
    func time(_ name: String) throws(HTTPFailure) -> Timestamp? {
        guard let value = claims[name] else { return nil }
        guard case .number(let number) = value, abs(number.double) < 9e12 else { throw .invalidToken }
        return Timestamp(microseconds: Int64(number.double * 1_000_000))
    }

    /// A claim that grants: of any other type, and of anything but texts in its list, nothing is granted. The original
    /// compares permission codes as texts, so numbers never match.
    func grants(_ name: String) -> Set<String> {
        var granted: Set<String> = []
        // Our codes are ASCII, and so are compared byte for byte (Swift takes U+212A for `K`).
        for case .string(let text) in claims[name]?.arrayValue ?? [] where text.utf8.allSatisfy({ $0 < 0x80 }) {
            granted.insert(text)
        }
        return granted
    }
}
