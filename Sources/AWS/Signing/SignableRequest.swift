/// The parts of a request that a signature covers.
struct SignableRequest: Sendable {
    var method: String
    /// The path as it is sent, percent-encoded; empty for `/`.
    var path: String
    /// The query as it is sent, percent-encoded, without `?`.
    var query: String
    /// All headers that are to be covered. Several values of a name stay in their order.
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    init(
        method: String, path: String, query: String = "", headers: [(name: String, value: String)], body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }
}
