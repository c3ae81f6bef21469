import Crypto
import JSONCoding
import Primitives
import Sealing
import ServiceKit

/// A login between its start and the return of the browser.
///
/// It travels sealed as the `state` parameter, so that anybody may begin logins without filling a store. It is good for the
/// browser that has the cookie with the right secret, for ten minutes, and once.
struct LoginAttempt: Sendable, Hashable {
    static let lifetime = Duration.seconds(600)
    /// Longest `state` that is looked at.
    private static let maximumStateLength = 4096

    let nonce: String
    let proofKey: ProofKey
    let returnPath: ReturnPath
    let expiresAt: Timestamp
    /// Digest of the secret in the browser's cookie.
    private let browser: [UInt8]

    init(browser: BrowserSecret, returnPath: ReturnPath, now: Timestamp) {
        nonce = SecureRandom.hex(bytes: 32)
        proofKey = ProofKey()
        self.returnPath = returnPath
        expiresAt = now.adding(Self.lifetime).truncatedToMilliseconds
        self.browser = browser.digest
    }

    /// Whether the browser began this login.
    func belongs(to browser: BrowserSecret) -> Bool { self.browser == browser.digest }

    /// The value of `state`.
    /// - Throws: ``SealingError``.
    func state(_ sealer: Sealer) throws(SealingError) -> String {
        let content: JSONValue = [
            "nonce": .string(nonce), "verifier": .string(proofKey.verifier), "path": .string(returnPath.text),
            "expiresAt": .integer(expiresAt.milliseconds), "browser": .string(Hex.encode(browser)),
        ]
        return Base64URL.encode(try sealer.seal(content.serialized(), label: Self.label))
    }

    /// The login of a `state`; nil for one that was not made here, or that is over.
    init?(state: String, _ sealer: Sealer, now: Timestamp) {
        guard state.utf8.count <= Self.maximumStateLength, let sealed = Base64URL.decode(state[...]),
            let bytes = try? sealer.open(sealed, label: Self.label),
            let content = (try? JSONValue.parse(bytes))?.objectValue,
            let nonce = content["nonce"]?.stringValue, let verifier = content["verifier"]?.stringValue,
            let path = content["path"]?.stringValue.flatMap({ ReturnPath($0) }),
            let milliseconds = content["expiresAt"]?.intValue,
            let browser = content["browser"]?.stringValue.flatMap({ Hex.decode($0) })
        else { return nil }
        self.nonce = nonce
        proofKey = ProofKey(verifier: verifier)
        returnPath = path
        expiresAt = Timestamp(milliseconds: Int64(milliseconds))
        self.browser = browser
        guard now < expiresAt else { return nil }
    }

    private static let label = "state"
}

/// The secret in a cookie that binds logins to the browser that began them. All logins of a browser share it, so that several
/// tabs can log in side by side.
struct BrowserSecret: Sendable {
    private static let length = 64

    let text: String

    init() { text = SecureRandom.hex(bytes: Self.length / 2) }

    /// Nil for a text that cannot be one.
    init?(_ text: String) {
        guard text.utf8.count == Self.length, Hex.decode(text) != nil else { return nil }
        self.text = text
    }

    /// Comparing digests takes no telling time.
    var digest: [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }
}
