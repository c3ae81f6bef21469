import JSONCoding

/// What a receiver says of an export that it has accepted: `ExportTraceServiceResponse` of OTLP 1.
package struct TraceExportResponse: Sendable, Hashable {
    /// Spans that it did not take. They are not sent again.
    package let rejectedSpans: Int
    /// Its reason, or a warning if all were taken.
    package let message: String

    /// Reads a response. What is not one counts as a response that rejects nothing, because the status says that the spans
    /// were accepted.
    package init(_ body: [UInt8], as encoding: OTLPEncoding) {
        switch encoding {
        case .json: self.init(json: body)
        case .protobuf: self.init(protobuf: body)
        }
    }

    private init(json body: [UInt8]) {
        let partial = (try? JSONValue.parse(body, limits: JSONLimits(bytes: 1 << 20)))?["partialSuccess"]
        let rejected = partial?["rejectedSpans"]
        rejectedSpans = max(rejected?.intValue ?? rejected?.stringValue.flatMap { Int($0) } ?? 0, 0)
        message = Self.shortened(partial?["errorMessage"]?.stringValue ?? "")
    }

    private init(protobuf body: [UInt8]) {
        var (rejected, text) = (0, "")
        var response = ProtobufReader(body[...])
        while let (field, value) = response.next() {
            guard field == 1, case .bytes(let bytes) = value else { continue }
            var partial = ProtobufReader(bytes)
            while let (field, value) = partial.next() {
                switch (field, value) {
                case (1, .number(let count)): rejected = max(Int(truncatingIfNeeded: count), 0)
                case (2, .bytes(let bytes)): text = String(decoding: bytes, as: UTF8.self)
                default: break
                }
            }
        }
        rejectedSpans = rejected
        message = Self.shortened(text)
    }

    private static func shortened(_ text: String) -> String { String(text.prefix(200)) }
}

/// The two encodings of OTLP over HTTP.
package enum OTLPEncoding: String, Sendable, Hashable, CaseIterable {
    case protobuf = "http/protobuf"
    case json = "http/json"

    var mediaType: String {
        switch self {
        case .protobuf: "application/x-protobuf"
        case .json: "application/json"
        }
    }
}
