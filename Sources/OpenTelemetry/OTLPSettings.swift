import Configuration
import ConfigurationChecks
import NIOSSL
import OutboundHTTP
import TransportSecurity

/// Reads where and how spans are sent. A variable for traces (`OTEL_EXPORTER_OTLP_TRACES_…`) wins over the one for everything.
struct OTLPSettings {
    let lenient: LenientReader

    /// - Throws: `ConfigurationFailure` that names the variable.
    func endpoint() throws(ConfigurationFailure) -> OTLPEndpoint {
        OTLPEndpoint(
            url: try url(), encoding: try encoding(),
            isCompressed: try lenient.value(TracingSettings.compression) == .gzip, headers: try headers())
    }

    /// The trust and the certificate of the client; nil for the defaults of the system.
    func tls() throws(ConfigurationFailure) -> TLSConfiguration? {
        let authority = try setting(TracingSettings.certificate)
        let key = try setting(TracingSettings.clientKey)
        let certificate = try setting(TracingSettings.clientCertificate)
        guard authority.value != nil || key.value != nil || certificate.value != nil else { return nil }
        var tls = ClientTLS.configuration
        if let file = authority.value {
            do { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file)) } catch {
                throw Self.unreadable(authority.name, file)
            }
        }
        switch (certificate.value, key.value) {
        case (nil, nil): break
        case (let file?, let keyFile?):
            do { tls.certificateChain = try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) } } catch {
                throw Self.unreadable(certificate.name, file)
            }
            do { tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem)) } catch {
                throw Self.unreadable(key.name, keyFile)
            }
        case (nil, _):
            throw ConfigurationFailure(
                key: certificate.name, reason: "is missing: a client's key needs its certificate")
        case (_, nil):
            throw ConfigurationFailure(
                key: key.name, reason: "is missing: a client's certificate needs its key")
        }
        return tls
    }

    private static func unreadable(_ variable: String, _ file: String) -> ConfigurationFailure {
        ConfigurationFailure(key: variable, reason: "names \(file), which is not a readable PEM file")
    }

    /// The address for traces is used as it is; the one for everything gets the path.
    private func url() throws(ConfigurationFailure) -> String {
        let reader = lenient.reader
        if let text = try reader.value(TracingSettings.tracesEndpoint) {
            let url = try Self.checked(text, TracingSettings.tracesEndpoint)
            return url.path.isEmpty ? text + "/" : text
        }
        if let text = try reader.value(TracingSettings.endpoint) {
            _ = try Self.checked(text, TracingSettings.endpoint)
            return text + (text.hasSuffix("/") ? "v1/traces" : "/v1/traces")
        }
        return "http://\(try host()):\(try port())/v1/traces"
    }

    private static func checked(
        _ text: String, _ setting: Setting<String?>
    ) throws(ConfigurationFailure) -> HTTPURL {
        guard let url = HTTPURL(text), !url.hasQuery else {
            throw ConfigurationFailure(
                key: setting.description.name,
                reason: "must be an http or https URL without user, query and fragment, such as http://127.0.0.1:4318")
        }
        return url
    }

    private func host() throws(ConfigurationFailure) -> String {
        let host = try lenient.reader.value(TracingSettings.host)
        let literal = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        guard HTTPURL("http://\(literal)/") != nil, !literal.contains("/") else {
            throw TracingSettings.host.description.failure(host)
        }
        return literal
    }

    /// The original sends to Jaeger's agent by UDP. Its ports are of no use for OTLP.
    private func port() throws(ConfigurationFailure) -> Int {
        let port = try lenient.reader.value(TracingSettings.port)
        guard port == 6831 || port == 6832 else { return port }
        lenient.warn(
            "OPENTELEMETRY_PORT", "is a port of Jaeger's former agent (UDP); spans go to port 4318 (OTLP over HTTP)")
        return TracingSettings.defaultPort
    }

    private func encoding() throws(ConfigurationFailure) -> OTLPEncoding {
        // A receiver that is not spoken to in its protocol gets nothing.
        let general = try lenient.reader.value(TracingSettings.encoding.general)
        return try lenient.reader.value(TracingSettings.encoding.traces) ?? general ?? .protobuf
    }

    /// Values are secrets: they are never shown.
    private func headers() throws(ConfigurationFailure) -> [OTLPEndpoint.Header] {
        let general = try lenient.value(TracingSettings.headers.general)
        let traces = try lenient.value(TracingSettings.headers.traces)
        let pairs = traces ?? general ?? []
        guard pairs.allSatisfy({ HTTPURL.isHeader(name: $0.key, value: $0.value) }) else {
            let setting = traces == nil ? TracingSettings.headers.general : TracingSettings.headers.traces
            lenient.warn(
                setting.description.name,
                "has a name or a value that cannot be sent in a header, so all of it is ignored")
            return []
        }
        return pairs.map { OTLPEndpoint.Header($0.key.lowercased(), $0.value) }
    }

    /// The value for traces, or else the one for everything, and which variable has it.
    private func setting(
        _ pair: TracingSettings.Pair<String?>
    ) throws(ConfigurationFailure) -> (name: String, value: String?) {
        let general = try lenient.reader.value(pair.general)
        if let value = try lenient.reader.value(pair.traces) { return (pair.traces.description.name, value) }
        return (pair.general.description.name, general)
    }
}
