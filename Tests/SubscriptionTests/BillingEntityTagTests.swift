import AsyncHTTPClient
import JSONCoding
import NIOCore
import NIOHTTP1
import Primitives
import Testing

@testable import Subscription

extension ServiceTests {
    /// Entity tags, conditions and preferences of what billing shows: as of every other entity.
    @Suite struct BillingEntityTags {
        private struct Answer {
            let status: Int
            let headers: HTTPHeaders
            let json: JSONValue

            var tag: String { headers.first(name: "etag") ?? "" }
        }

        private func send(
            _ service: TestService, _ method: String, _ path: String, _ body: JSONValue? = nil,
            _ headers: [String: String] = [:]
        ) async throws -> Answer {
            var request = HTTPClientRequest(url: "http://127.0.0.1:\(service.port)\(path)")
            request.method = .RAW(value: method)
            request.headers.add(name: "authorization", value: "Bearer \(try await service.token())")
            request.headers.add(name: "content-type", value: "application/json")
            for (name, value) in headers { request.headers.add(name: name, value: value) }
            if let body { request.body = .bytes(ByteBuffer(bytes: body.serialized())) }
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
            let bytes = Array(try await response.body.collect(upTo: 1 << 20).readableBytesView)
            return Answer(
                status: Int(response.status.code), headers: response.headers,
                json: (try? JSONValue.parse(bytes)) ?? .null)
        }

        private let preferRow = ["prefer": "return=representation"]

        @Test func `a customer has entity tags`() async throws {
            try await TestService.run { service in
                let tenant = TestService.tenantA.description
                let created = try await send(
                    service, "POST", "/billing-customer", ["company": "One"], ["tenantId": tenant])
                #expect(created.status == 201 && created.tag.hasPrefix("\"1-"), "\(created.tag)")
                let read = try await send(service, "GET", "/billing-customer")
                #expect(read.status == 200 && read.tag.hasPrefix("\"1-"))
                let unchanged = try await send(service, "GET", "/billing-customer", nil, ["if-none-match": read.tag])
                #expect(unchanged.status == 304 && unchanged.tag == read.tag)

                let path = "/billing-customer/\(tenant)"
                let changed = try await send(service, "PATCH", path, ["company": "Two"], ["if-match": created.tag])
                #expect(changed.status == 204 && changed.tag == "\"2\"")
                let stale = try await send(service, "PATCH", path, ["company": "Three"], ["if-match": created.tag])
                #expect(stale.status == 412)
                let shown = try await send(
                    service, "PATCH", path, ["phone": "1"], preferRow.merging(["if-match": changed.tag]) { $1 })
                #expect(shown.status == 200 && shown.tag.hasPrefix("\"3-"))
                #expect(shown.headers.first(name: "preference-applied") == "return=representation")
                #expect(shown.json["company"] == "Two" && shown.json["phone"] == "1" && shown.json["id"] != nil)
                let after = try await send(service, "GET", "/billing-customer", nil, ["if-none-match": read.tag])
                #expect(after.status == 200 && after.json["customerDetails"] == shown.json)
                #expect(try await send(service, "DELETE", path, nil, ["if-match": changed.tag]).status == 412)
                #expect(try await send(service, "DELETE", path, nil, ["if-match": after.tag]).status == 204)
            }
        }

        @Test func `an invoice has entity tags`() async throws {
            try await TestService.run { service in
                let customer = try await service.customer()
                let created = try await send(
                    service, "POST", "/billing-invoice",
                    ["customerId": .string(customer), "currencyCode": "USD", "options": ["a": 1]])
                let path = "/billing-invoice/\(created.json["id"]?.stringValue ?? "")"
                let read = try await send(service, "GET", path, nil, ["if-none-match": created.tag])
                #expect(created.status == 201 && read.status == 304, "\(created.tag) is the tag of \(read.tag)")
                let shown = try await send(
                    service, "PATCH", path, ["options": ["a": 2]],
                    preferRow.merging(["if-match": created.tag]) { $1 })
                #expect(shown.status == 200 && shown.json["options"] == ["a": 2])
                #expect(shown.headers.first(name: "preference-applied") == "return=representation")
                let now = try await send(service, "GET", path)
                #expect(now.tag == shown.tag && now.json == shown.json)
                let changed = try await send(service, "PATCH", path, ["options": [:]], ["if-match": now.tag])
                #expect(changed.status == 204 && changed.tag == "\"3\"")
                #expect(try await send(service, "DELETE", path, nil, ["if-match": now.tag]).status == 412)
            }
        }

        @Test func `a payment source has entity tags`() async throws {
            try await TestService.run { service in
                let customer = try await service.customer()
                let created = try await send(
                    service, "POST", "/billing-payment-source",
                    ["customerId": .string(customer), "card": TestService.cardBody()])
                let path = "/billing-payment-source/\(created.json["id"]?.stringValue ?? "")"
                let read = try await send(service, "GET", path)
                #expect(created.status == 201 && read.tag == created.tag && read.tag.hasPrefix("\"1-"))
                #expect(try await send(service, "GET", path, nil, ["if-none-match": read.tag]).status == 304)
                #expect(try await send(service, "DELETE", path, nil, ["if-match": "\"2\""]).status == 412)
                #expect(try await send(service, "DELETE", path, nil, ["if-none-match": "*"]).status == 412)
                #expect(try await send(service, "GET", path).status == 200)
                #expect(try await send(service, "DELETE", path, nil, ["if-match": read.tag]).status == 204)
            }
        }
    }
}
