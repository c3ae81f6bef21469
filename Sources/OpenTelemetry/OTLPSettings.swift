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
            url: try url(), encoding: try encoding(), isCompressed: isCompressed(), headers: try headers())
    }

    /// The trust and the certificate of the client; nil for the defaults of the system.
    func tls() throws(ConfigurationFailure) -> TLSConfiguration? {
        let authority = setting("certificate")
        let key = setting("client.key")
        let certificate = setting("client.certificate")
        guard authority.value != nil || key.value != nil || certificate.value != nil else { return nil }
        var tls = ClientTLS.configuration
        if let file = authority.value {
            do { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file)) } catch {
                throw Self.unreadable(authority.key, file)
            }
        }
        switch (certificate.value, key.value) {
        case (nil, nil): break
        case (let file?, let keyFile?):
            do { tls.certificateChain = try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) } } catch {
                throw Self.unreadable(certificate.key, file)
            }
            do { tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem)) } catch {
                throw Self.unreadable(key.key, keyFile)
            }
        case (nil, _):
            throw ConfigurationFailure(
                key: certificate.key.environmentName, reason: "is missing: a client's key needs its certificate")
        case (_, nil):
            throw ConfigurationFailure(
                key: key.key.environmentName, reason: "is missing: a client's certificate needs its key")
        }
        return tls
    }

    private static func unreadable(_ key: ConfigKey, _ file: String) -> ConfigurationFailure {
        ConfigurationFailure(key: key.environmentName, reason: "names \(file), which is not a readable PEM file")
    }

    /// The address for traces is used as it is; the one for everything gets the path.
    private func url() throws(ConfigurationFailure) -> String {
        let reader = lenient.reader
        if let text = reader.text("otel.exporter.otlp.traces.endpoint") {
            let url = try Self.checked(text, "otel.exporter.otlp.traces.endpoint")
            return url.path.isEmpty ? text + "/" : text
        }
        if let text = reader.text("otel.exporter.otlp.endpoint") {
            _ = try Self.checked(text, "otel.exporter.otlp.endpoint")
            return text + (text.hasSuffix("/") ? "v1/traces" : "/v1/traces")
        }
        return "http://\(try host()):\(try port())/v1/traces"
    }

    private static func checked(_ text: String, _ key: ConfigKey) throws(ConfigurationFailure) -> HTTPURL {
        guard let url = HTTPURL(text), !url.hasQuery else {
            throw ConfigurationFailure(
                key: key.environmentName,
                reason: "must be an http or https URL without user, query and fragment, such as http://127.0.0.1:4318")
        }
        return url
    }

    private func host() throws(ConfigurationFailure) -> String {
        guard let host = lenient.text("opentelemetry.host") else { return "localhost" }
        let literal = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        guard HTTPURL("http://\(literal)/") != nil, !literal.contains("/") else {
            throw ConfigKey("opentelemetry.host").failure(host, "the name or the address of a host")
        }
        return literal
    }

    /// The original sends to Jaeger's agent by UDP. Its ports are of no use for OTLP.
    private func port() throws(ConfigurationFailure) -> Int {
        let port = try lenient.reader.integer("opentelemetry.port", default: 4318, in: 1...65_535)
        guard port == 6831 || port == 6832 else { return port }
        lenient.warn(
            "OPENTELEMETRY_PORT", "is a port of Jaeger's former agent (UDP); spans go to port 4318 (OTLP over HTTP)")
        return 4318
    }

    private func encoding() throws(ConfigurationFailure) -> OTLPEncoding {
        let setting = setting("protocol")
        guard let text = setting.value else { return .protobuf }
        guard let encoding = OTLPEncoding(rawValue: text) else {
            throw setting.key.failure(
                text, "http/protobuf or http/json (receivers of OTLP accept them on port 4318; gRPC is not supported)")
        }
        return encoding
    }

    private func isCompressed() -> Bool {
        let setting = setting("compression")
        switch setting.value {
        case nil, "none": return false
        case "gzip": return true
        default:
            lenient.warn(setting.key.environmentName, "is neither none nor gzip")
            return false
        }
    }

    /// Values are secrets: they are never shown.
    private func headers() throws(ConfigurationFailure) -> [OTLPEndpoint.Header] {
        var key: ConfigKey = "otel.exporter.otlp.traces.headers"
        var text = try lenient.reader.secret(key)
        let general = try lenient.reader.secret("otel.exporter.otlp.headers")
        if text == nil {
            key = "otel.exporter.otlp.headers"
            text = general
        }
        let pairs = lenient.pairs(text, key)
        guard pairs.allSatisfy({ HTTPURL.isHeader(name: $0.key, value: $0.value) }) else {
            lenient.warn(
                key.environmentName, "has a name or a value that cannot be sent in a header, so all of it is ignored")
            return []
        }
        return pairs.map { OTLPEndpoint.Header($0.key.lowercased(), $0.value) }
    }

    private func setting(_ name: ConfigKey) -> (key: ConfigKey, value: String?) {
        let specific = ConfigKey(["otel", "exporter", "otlp", "traces"] + name.components)
        let general = ConfigKey(["otel", "exporter", "otlp"] + name.components)
        let fallback = lenient.text(general)
        if let value = lenient.text(specific) { return (specific, value) }
        return (general, fallback)
    }
}
