import CLibpq
import ConfigurationChecks

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension PostgresConfiguration {
    /// What a failure of libpq says about TLS; nil when it says nothing. libpq has no codes, only English texts (fe-secure-openssl.c).
    /// Blocks: it may look at the certificate of the server.
    func tlsFault(libpqMessage message: String) -> TLSFault? {
        let cause: TLSFault.Cause? =
            if message.contains("does not match host name") {
                .wrongName
            } else if message.contains("certificate verify failed") {
                refusedCertificate()
            } else if message.contains("server does not support SSL") {
                .noTLS
            } else if Self.clientRefusals.contains(where: message.contains) {
                .clientRefused
            } else if Self.unusableFiles.contains(where: message.contains) {
                .files
            } else if message.contains("no encryption"), tlsMode == .disable {
                .onlyTLS
            } else if message.contains("SSL error") {
                .other
            } else {
                nil
            }
        return cause.map { TLSFault($0, tlsVariables) }
    }

    private static let clientRefusals = [
        "alert certificate required", "alert unknown ca", "alert bad certificate", "alert certificate expired",
        "valid client certificate", "certificate authentication failed",
    ]

    private static let unusableFiles = [
        "root certificate file", "certificate file", "private key file", "could not read root certificate",
    ]

    /// Why the certificate was refused, which libpq does not say: the connection is made once more without a check, up to the end of the
    /// handshake, so that the server learns nothing, not even the name of the role.
    private func refusedCertificate() -> TLSFault.Cause {
        let parameters = [
            ("host", host), ("port", port), ("user", "-"), ("dbname", "-"), ("sslmode", "require"),
            // A file that does not exist, so that the default one is not used.
            ("sslrootcert", "/dev/null/none"), ("gssencmode", "disable"), ("connect_timeout", "2"),
        ]
        let strings = parameters.map { (strdup($0.0), strdup($0.1)) }
        defer {
            for (name, value) in strings {
                free(name)
                free(value)
            }
        }
        let names = strings.map { UnsafePointer($0.0) } + [nil]
        let values = strings.map { UnsafePointer($0.1) } + [nil]
        guard let raw = PQconnectStartParams(names, values, 0) else { return .unknownAuthority }
        defer { PQfinish(raw) }
        let end = MonotonicClock.now() + 2_000_000_000
        var waitsForWriting = true
        // With TLS this is the state behind the handshake, before anything else is sent.
        while PQsslInUse(raw) == 0 || PQstatus(raw) != CONNECTION_MADE {
            var descriptor = pollfd(fd: PQsocket(raw), events: Int16(waitsForWriting ? POLLOUT : POLLIN), revents: 0)
            let rest = (end - MonotonicClock.now()) / 1_000_000
            guard descriptor.fd >= 0, rest > 0, poll(&descriptor, 1, Int32(rest)) > 0 else { return .unknownAuthority }
            switch PQconnectPoll(raw) {
            case PGRES_POLLING_READING: waitsForWriting = false
            case PGRES_POLLING_WRITING: waitsForWriting = true
            default: return .unknownAuthority
            }
        }
        return PQsslStruct(raw, "OpenSSL").flatMap(OpenSSLCertificate.cause) ?? .unknownAuthority
    }
}

/// The few functions of OpenSSL that tell why a certificate is not trusted. libpq has loaded the library, and its headers are needed for
/// nothing else.
private enum OpenSSLCertificate {
    private typealias PeerCertificate = @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer?
    private typealias Free = @convention(c) (UnsafeMutableRawPointer) -> Void
    private typealias Time = @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer?
    private typealias CompareTime = @convention(c) (UnsafeMutableRawPointer) -> Int32
    private typealias SelfSigned = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32

    /// - Parameter connection: An `SSL` of OpenSSL 3.
    static func cause(_ connection: UnsafeMutableRawPointer) -> TLSFault.Cause? {
        guard let peer = function("SSL_get1_peer_certificate", as: PeerCertificate.self),
            let release = function("X509_free", as: Free.self),
            let begin = function("X509_get0_notBefore", as: Time.self),
            let end = function("X509_get0_notAfter", as: Time.self),
            let compare = function("X509_cmp_current_time", as: CompareTime.self),
            let isSelfSigned = function("X509_self_signed", as: SelfSigned.self), let certificate = peer(connection)
        else { return nil }
        defer { release(certificate) }
        // Negative: the time is past.
        if let end = end(certificate), compare(end) < 0 { return .expired }
        if let begin = begin(certificate), compare(begin) > 0 { return .notYetValid }
        return isSelfSigned(certificate, 0) == 1 ? .selfSigned : .unknownAuthority
    }

    private static func function<Function>(_ name: String, as type: Function.Type) -> Function? {
        dlsym(nil, name).map { unsafeBitCast($0, to: type) }
    }
}
