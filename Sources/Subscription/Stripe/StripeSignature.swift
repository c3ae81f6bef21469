import Crypto
import Primitives

/// The signature of Stripe's webhooks: header `Stripe-Signature: t=…,v1=…`, HMAC-SHA256 over the time, a dot and the body.
enum StripeSignature {
    static let header = "stripe-signature"
    /// How far the time of a signature may be from ours: an older one may be a repetition by somebody else.
    static let tolerance = Duration.seconds(300)

    /// Whether a body was signed with a secret. Takes the same time for every code of the right length.
    static func verify(_ header: String, body: [UInt8], secret: String, at now: Timestamp) -> Bool {
        var time: String?
        var codes: [[UInt8]] = []
        for part in header.split(separator: ",").prefix(20) {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let name = pair[0].filter { $0 != " " }
            if name == "t" {
                time = String(pair[1])
            } else if name == "v1", let code = Hex.decode(String(pair[1])), code.count == SHA256.byteCount {
                codes.append(code)
            }
        }
        guard let time, let seconds = Int64(time), seconds >= 0, String(seconds) == time,
            abs(now.seconds.subtractingReportingOverflow(seconds).partialValue) <= tolerance.components.seconds
        else { return false }
        let key = SymmetricKey(data: Array(secret.utf8))
        let signed = Array("\(time).".utf8) + body
        return codes.reduce(false) { isValid, code in
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: signed, using: key) || isValid
        }
    }
}
