import JSONCoding

/// The usable public keys of an identity provider, by name.
struct KeySet: Sendable {
    /// What a token's header leads to.
    enum Choice: Sendable {
        case key(SigningKey)
        /// There is a key of that name, for other algorithms only.
        case otherAlgorithm
        /// There is no key of that name, or the token names none.
        case unknown
    }

    private var keys: [String: [SigningKey]] = [:]

    /// - Parameter keys: Of two with the same name and algorithm the first one counts. Different types of keys may share a
    ///   name (RFC 7517 section 4.5).
    init(_ keys: [SigningKey] = []) {
        for key in keys {
            guard let name = key.identifier else { continue }
            self.keys[name, default: []].append(key)
        }
    }

    var count: Int { keys.values.reduce(0) { $0 + $1.count } }

    func choose(_ name: String?, algorithm: String) -> Choice {
        guard let name, let named = keys[name] else { return .unknown }
        return named.first { $0.algorithm == algorithm }.map(Choice.key) ?? .otherAlgorithm
    }
}

extension KeySet {
    /// What a JSON Web Key Set holds.
    struct Contents: Sendable {
        /// The keys that can verify tokens here.
        var keys: [SigningKey] = []
        /// How many others there are: of types, curves or algorithms unknown here, for encryption, without a name, broken.
        /// Whoever reads a set ignores those (RFC 7517 section 5).
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
