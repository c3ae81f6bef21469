/// The settings that decide about a TLS connection, by the names of their variables, so that errors can name them.
package struct TLSVariables: Sendable, Hashable {
    /// The file of trusted authorities.
    package let authority: String
    /// The file of the client's certificate; nil when there can be none.
    package let certificate: String?
    /// What the certificate of the server must be made out to.
    package let name: String
    /// Whether TLS is used.
    package let mode: String

    package init(authority: String, certificate: String?, name: String, mode: String) {
        self.authority = authority
        self.certificate = certificate
        self.name = name
        self.mode = mode
    }
}

/// Why TLS was not established: in words that say what to change, without data.
package struct TLSFault: Error, Sendable, Hashable {
    /// What is wrong.
    package enum Cause: Sendable, Hashable, CaseIterable {
        case expired
        case notYetValid
        case wrongName
        case selfSigned
        case unknownAuthority
        /// The other side does not speak TLS, or not at this port.
        case noTLS
        /// The other side accepts no clear text.
        case onlyTLS
        /// The other side does not accept the client, or asks for a certificate that it does not have.
        case clientRefused
        /// The files of the settings cannot be used.
        case files
        case other
    }

    package let cause: Cause
    package let variables: TLSVariables

    package init(_ cause: Cause, _ variables: TLSVariables) {
        self.cause = cause
        self.variables = variables
    }
}

extension TLSFault: CustomStringConvertible {
    /// The rest of a sentence that begins with the server.
    package var description: String {
        let client = variables.certificate ?? variables.authority
        return switch cause {
        case .expired: "its certificate has expired: renew it there (\(variables.authority) is not the reason)"
        case .notYetValid: "its certificate is not valid yet: compare the clocks of both machines"
        case .wrongName: "its certificate is made out to another name than \(variables.name) says"
        case .selfSigned:
            "its certificate is signed by itself, and \(variables.authority) does not contain that certificate"
        case .unknownAuthority: "its certificate is signed by no authority in \(variables.authority)"
        case .noTLS: "it does not offer TLS, which \(variables.mode) requires"
        case .onlyTLS: "it does not accept this connection without TLS: change \(variables.mode)"
        case .clientRefused: "it does not accept the certificate of \(client)"
        case .files:
            "the files of \(variables.authority) or \(client) cannot be used (others must not be able to read a key)"
        case .other: "TLS cannot be agreed on; \(variables.mode) requires it"
        }
    }
}
