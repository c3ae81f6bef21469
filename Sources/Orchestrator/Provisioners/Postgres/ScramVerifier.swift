import Crypto
import FoundationEssentials
import Primitives

/// What PostgreSQL stores of a password under `scram-sha-256` (RFC 5803), computed here, so that the password itself
/// never travels to the server and cannot come into its log.
enum ScramVerifier {
    /// - Parameters:
    ///   - password: ASCII, so that SASLprep (RFC 4013) changes nothing.
    ///   - salt: Random bytes.
    ///   - iterations: PostgreSQL's own number.
    static func make(
        password: String, salt: [UInt8] = SecureRandom.bytes(16), iterations: Int = 4096
    ) -> String {
        let salted = saltedPassword(password, salt: salt, iterations: iterations)
        let clientKey = code(Array("Client Key".utf8), key: salted)
        let storedKey = Array(SHA256.hash(data: clientKey))
        let serverKey = code(Array("Server Key".utf8), key: salted)
        return "SCRAM-SHA-256$\(iterations):\(base64(salt))$\(base64(storedKey)):\(base64(serverKey))"
    }

    /// `Hi` of RFC 5802 section 2.2: PBKDF2 with HMAC-SHA-256 and one block.
    private static func saltedPassword(_ password: String, salt: [UInt8], iterations: Int) -> SymmetricKey {
        let key = SymmetricKey(data: Array(password.utf8))
        var step = code(salt + [0, 0, 0, 1], key: key)
        var result = step
        for _ in 1..<max(iterations, 2) {
            step = code(step, key: key)
            for index in result.indices { result[index] ^= step[index] }
        }
        return SymmetricKey(data: result)
    }

    private static func code(_ text: [UInt8], key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: text, using: key))
    }

    private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
