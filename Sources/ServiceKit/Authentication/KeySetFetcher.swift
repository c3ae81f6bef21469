import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Fetches a key set from an identity provider.
package enum KeySetFetcher {
    /// Longest key set accepted, in bytes.
    private static let maximumSize = 1 << 20

    /// The provider did not answer with a key set.
    package struct Failure: Error, CustomStringConvertible, Sendable {
        /// What is wrong, for the log.
        package let description: String
    }

    /// The body at a URL, within ten seconds and one mebibyte.
    /// - Throws: ``Failure`` for an answer other than 200, or the client's error.
    package static func fetch(_ url: String) async throws -> [UInt8] {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(10))
        guard response.status == .ok else {
            throw Failure(description: "the key set's URL answered \(response.status.code)")
        }
        return Array(try await response.body.collect(upTo: maximumSize).readableBytesView)
    }
}
