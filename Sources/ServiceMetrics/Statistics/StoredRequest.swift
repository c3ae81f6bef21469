import HTTPTypes
import Primitives
import ServiceKit

/// A request among the last errors or the longest ones. Without anything that may be a secret: no body, no values of the query,
/// and few headers.
struct StoredRequest: Sendable {
    /// Longest text that is kept of anything a client sent.
    private static let longest = 200
    private static let requestHeaders: [HTTPField.Name] = [
        .userAgent, .accept, .contentType, .contentLength, .acceptEncoding,
    ]
    private static let responseHeaders: [HTTPField.Name] = [.contentType, .location, .retryAfter, .allow]

    let method: String
    let path: String
    /// Names alone.
    let query: [String]
    let operation: Int?
    let start: Timestamp
    let milliseconds: Double
    let status: Int
    let requestBytes: Int
    let responseBytes: Int
    let requestHeaders: [(name: String, value: String)]
    let responseHeaders: [(name: String, value: String)]
    let address: String
    let requestID: String
    let tenantID: Identifier?

    init(_ request: FinishedRequest) {
        method = Self.shortened(request.method)
        path = Self.shortened(request.path)
        query = QueryString.pairs(Self.shortened(request.query)).map { $0.name }
        operation = request.operation
        start = request.startedAt
        milliseconds = Double(request.durationNanoseconds) / 1e6
        status = request.status
        requestBytes = request.requestBytes
        responseBytes = request.responseBytes
        requestHeaders = Self.kept(Self.requestHeaders, of: request.requestHeaders)
        responseHeaders = Self.kept(Self.responseHeaders, of: request.responseHeaders)
        address = request.remoteAddress.description
        requestID = request.notes.requestID
        tenantID = request.notes.tenantID
    }

    static func shortened(_ text: String) -> String {
        text.utf8.count <= longest ? text : String(text.unicodeScalars.prefix(longest))
    }

    private static func kept(_ names: [HTTPField.Name], of headers: HTTPFields) -> [(name: String, value: String)] {
        names.compactMap { name in
            guard let value = headers[name] else { return nil }
            return (name: name.canonicalName, value: shortened(value))
        }
    }
}

/// The requests that took longest, at most a hundred.
struct LongestRequests: Sendable {
    static let capacity = 100

    /// The quickest first.
    private(set) var requests: [StoredRequest] = []

    /// What a request must exceed to be kept, in milliseconds.
    var threshold: Double { requests.count < Self.capacity ? -1 : requests.first?.milliseconds ?? -1 }

    mutating func add(_ request: StoredRequest) {
        guard request.milliseconds > threshold else { return }
        let place = requests.firstIndex { $0.milliseconds >= request.milliseconds } ?? requests.count
        requests.insert(request, at: place)
        if requests.count > Self.capacity { requests.removeFirst() }
    }
}
