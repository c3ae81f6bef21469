package import ConfigurationChecks
package import NIOCore
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension TLSFault {
    /// Sorts an error of a channel; nil for one that has nothing to do with TLS.
    /// - Parameter context: Of the handler behind the one for TLS, on the event loop.
    package init?(_ error: any Error, _ variables: TLSVariables, in context: ChannelHandlerContext?) {
        guard error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError else { return nil }
        let certificate = try? context?.pipeline.syncOperations.nioSSL_peerCertificate()
        self.init(Self.cause(of: error, certificate), variables)
    }

    private static func cause(of error: any Error, _ certificate: NIOSSLCertificate?) -> Cause {
        let text = "\(error)"
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname { return .wrongName }
        if text.contains("CERTIFICATE_VERIFY_FAILED"), let certificate { return cause(ofRefused: certificate) }
        // Alerts of the other side: it has no certificate of ours, or does not trust it.
        for alert in ["CERTIFICATE_REQUIRED", "UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_EXPIRED", "ACCESS_DENIED"]
        where text.contains("ALERT_\(alert)") { return .clientRefused }
        for other in [
            "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "eofDuringHandshake", "UNEXPECTED_MESSAGE", "DECODE_ERROR",
        ]
        where text.contains(other) { return .noTLS }
        return .other
    }

    /// Why a certificate that was sent is not trusted.
    private static func cause(ofRefused certificate: NIOSSLCertificate) -> Cause {
        let now = time(nil)
        if certificate.notValidAfter < now { return .expired }
        if certificate.notValidBefore > now { return .notYetValid }
        return DERCertificate.isSelfIssued(certificate) ? .selfSigned : .unknownAuthority
    }
}
