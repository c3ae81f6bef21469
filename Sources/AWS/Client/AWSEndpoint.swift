import OutboundHTTP

/// Where a service is.
package struct AWSEndpoint: Sendable, Hashable {
    /// With a path.
    let url: String
    /// The value of the header `host`.
    let host: String
    let path: String

    /// The public endpoint of a service in a region.
    init(service: String, region: String) {
        let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        host = "\(service).\(region).\(domain)"
        path = "/"
        url = "https://\(host)/"
    }

    /// Another endpoint, such as that of an emulator or of a private network; nil unless it is an absolute URL without query.
    package init?(_ text: String) {
        guard let parts = HTTPURL(text), !parts.hasQuery else { return nil }
        let usual = parts.isSecure ? 443 : 80
        let name = parts.host.contains(":") ? "[\(parts.host)]" : parts.host
        host = parts.port.map { $0 == usual ? name : "\(name):\($0)" } ?? name
        path = parts.path.isEmpty ? "/" : parts.path
        url = parts.path.isEmpty ? text + "/" : text
    }
}
