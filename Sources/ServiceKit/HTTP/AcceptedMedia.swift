import Primitives

/// What a client accepts (`Accept`, RFC 9110 section 12.5.1). Ranges that cannot be read are passed over.
struct AcceptedMedia: Sendable, Hashable {
    /// Quality, 0...1, by media range in lower case.
    private let qualities: [String: Double]

    /// Reads the header's value.
    init(header: String) {
        var qualities: [String: Double] = [:]
        for range in header.split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.trimmingSpaces().lowercased() }
            guard let name = parts.first, let quality = Self.quality(parts.dropFirst()) else { continue }
            qualities[name] = max(quality, qualities[name] ?? 0)
        }
        self.qualities = qualities
    }

    /// The quality of a media type that is named, not only by a wildcard; nil when it is not.
    func named(_ mediaType: String) -> Double? { qualities[mediaType] }

    /// The quality of a media type of the form `application/…`: the most specific range that fits says it.
    func quality(ofApplication mediaType: String) -> Double {
        qualities[mediaType] ?? qualities["application/*"] ?? qualities["*/*"] ?? 0
    }

    /// 1 where nothing is said; nil for what is no quality.
    private static func quality(_ parameters: some Sequence<String>) -> Double? {
        guard let text = parameters.first(where: { $0.hasPrefix("q=") })?.dropFirst(2) else { return 1 }
        guard let value = Double(text), (0...1).contains(value) else { return nil }
        return value
    }
}
