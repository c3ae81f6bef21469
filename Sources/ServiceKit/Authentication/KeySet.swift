import JSONCoding

/// The usable public keys of an identity provider, by name.
struct KeySet: Sendable {
    /// The result of looking for the key of a token.
    enum Choice: Sendable {
        case key(SigningKey)
        /// There are keys with that name, but for other algorithms only.
        case otherAlgorithm
        /// There is no key with that name, or the token has no `kid`.
        case unknown
    }

    private var keys: [String: [SigningKey]] = [:]

    /// - Parameter keys: If two have the same name and algorithm, the first one is used. Keys of different types may have
    ///   the same name (RFC 7517 section 4.5).
    init(_ keys: [SigningKey] = []) {
        for key in keys {
            guard let name = key.identifier else { continue }
            self.keys[name, default: []].append(key)
        }
    }

    var count: Int { keys.values.reduce(0) { $0 + $1.count } }
    fileprivate var all: [SigningKey] { keys.values.flatMap { $0 } }

    func choose(_ name: String?, algorithm: String) -> Choice {
        guard let name, let named = keys[name] else { return .unknown }
        return named.first { $0.algorithm == algorithm }.map(Choice.key) ?? .otherAlgorithm
    }
}

extension KeySet {
    /// The contents of a JSON Web Key Set.
    struct Contents: Sendable {
        /// The keys that can verify tokens.
        var keys: [SigningKey] = []
        /// Number of ignored keys (RFC 7517 section 5): unsupported types, curves or algorithms, keys for encryption,
        /// without a name, or malformed.
        var skipped = 0
    }

    /// The text is not a JSON Web Key Set.
    struct Malformed: Error, CustomStringConvertible {
        let description = "the key set has no list of keys"
    }

    /// Reads a JSON Web Key Set.
    /// - Throws: when the text is not JSON, or has no list of keys.
    static func contents(_ bytes: [UInt8]) async throws -> Contents {
        guard let list = try JSONValue.parse(bytes).objectValue?["keys"]?.arrayValue else { throw Malformed() }
        var contents = Contents()
        for value in list {
            if let members = value.objectValue, let key = await SigningKey.publicKey(members) {
                contents.keys.append(key)
            } else {
                contents.skipped += 1
            }
        }
        return contents
    }
}

extension KeySet {
    /// The key for tokens that name none, which providers with a single key may send (OpenID Connect Core section 10.1): the
    /// only one with this algorithm.
    func only(algorithm: String) -> SigningKey? {
        let candidates = all.filter { $0.algorithm == algorithm }
        return candidates.count == 1 ? candidates[0] : nil
    }
}
