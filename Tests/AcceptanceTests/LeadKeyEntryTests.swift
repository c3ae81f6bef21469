import Crypto
import Foundation
import JSONCoding
import PostgresTestSupport
import Primitives
import RedisClient
import ServiceKit
import ServicePlatform
import StackTestSupport
import TenantManagement
import Testing

/// The original's entries for lead keys in Redis, which are written only if configured
/// (docs/contract/arc-api.md 11.1).
@Suite struct LeadKeyEntryTests {
    private static let arc = ["LEAD_KEY_REDIS_FORMAT": "arc"]

    private func register(_ stack: TestStack, at client: TestHTTPClient) async throws -> (lead: String, key: String) {
        let lead = try await client.post("/leads", .object(TestStack.leadBody(TestStack.uniqueKey()))).expect(201)
            .string("id")
        return (lead, try await stack.mails.key(ofLead: lead))
    }

    /// Reads `{"token": "<a text of 32 to 65535 bytes>"}` in MessagePack, by the bytes.
    private func token(_ entry: [UInt8]) throws -> String {
        try #require(entry.count > 9)
        #expect(entry[0] == 0x81, "a map of one pair")
        #expect(entry[1] == 0xA5 && String(decoding: entry[2..<7], as: UTF8.self) == "token")
        switch entry[7] {
        case 0xD9:
            #expect(Int(entry[8]) == entry.count - 9)
            return String(decoding: entry[9...], as: UTF8.self)
        case 0xDA:
            #expect(Int(entry[8]) << 8 | Int(entry[9]) == entry.count - 10)
            return String(decoding: entry[10...], as: UTF8.self)
        default: throw TestFailure("no text of str 8 or str 16: \(entry[7])")
        }
    }

    @Test func `a facade finds the token until the key is used`() async throws {
        try await TestStack.run([.tenantManagement], environment: Self.arc) { stack in
            let redis = try TestRedis(stack.servers).client
            let client = stack.tenantManagement
            let (lead, key) = try await register(stack, at: client)
            let (other, otherKey) = try await register(stack, at: client)

            let entry = try #require(try await redis.get("_kvModel:\(key)"))
            let token = try token(entry)
            guard case .remaining(let left) = try await redis.timeToLive("_kvModel:\(key)") else {
                Issue.record("the entry does not expire")
                return
            }
            #expect(left <= .seconds(300) && left > .seconds(200), "as long as the key")

            // It is a token of this lead and no more.
            #expect(try await client.get("/leads/\(lead)", token: token).expect(200).json["isValidated"] == false)
            try await client.get("/leads/\(other)", token: token).expect(404)
            try await client.post("/leads/\(lead)/tenants", ["key": "x", "domains": []], token: token).expect(401)
            #expect(try await redis.get("_kvModel:\(otherKey)") != entry)

            // Another's key uses nothing up.
            try await client.post("/leads/\(lead)/verify", token: otherKey).expect(401)
            #expect(try await redis.get("_kvModel:\(otherKey)") != nil)
            try await client.post("/leads/\(lead)/verify", token: key).expect(200)
            #expect(try await redis.get("_kvModel:\(key)") == nil)
            #expect(try await redis.get("_kvModel:\(otherKey)") != nil)

            // Whether a key is good is not Redis' to say.
            _ = try await redis.set("_kvModel:\(key)", entry, expire: .seconds(3600))
            try await client.post("/leads/\(lead)/verify", token: key).expect(401)
            _ = try await redis.delete("_kvModel:\(otherKey)")
            try await client.post("/leads/\(other)/verify", token: otherKey).expect(200)
            await redis.shutdown()
        }
    }

    @Test func `nothing is written unless it is configured`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let redis = try TestRedis(stack.servers).client
            let (lead, key) = try await register(stack, at: stack.tenantManagement)
            let hash = SHA256.hash(data: Data(key.utf8))
            for name in ["_kvModel:\(key)", "_kvModel:\(lead)", "lead-key:\(Hex.encode(hash))"] {
                #expect(try await redis.get(name) == nil)
            }
            try await stack.tenantManagement.post("/leads/\(lead)/verify", token: key).expect(200)
            await redis.shutdown()
        }
    }

    @Test func `leads can register without Redis`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            // Nothing listens there.
            let reader = try stack.reader(
                .tenantManagement, Self.arc.merging(["REDIS_HOST": "127.0.0.1", "REDIS_PORT": "1"]) { $1 })
            let node = try await RunningService.start(
                try await TenantManagementApp.make(reader: reader, logger: testLogger))
            try await withCleanup {
                let (lead, key) = try await register(stack, at: node.client)
                try await node.client.post("/leads/\(lead)/verify", token: key).expect(200)
                try await node.client.post("/leads/\(lead)/verify", token: key).expect(401)
            } cleanup: {
                await node.stop()
            }
        }
    }
}
