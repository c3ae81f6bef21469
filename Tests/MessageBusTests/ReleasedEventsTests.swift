import Entities
import JSONCoding
import Primitives
import Testing

@testable import MessageBus

@Suite
struct ReleasedEventsTests {
    private static func event(_ members: [Schema.Property], version: Int = 1) -> EventDescription {
        EventDescription("TENANT_CREATED", version: version, "A tenant was stored.", members)
    }

    private static let members: [Schema.Property] = [
        .init("id", .string(format: .uuid), required: true),
        .init("name", .string()),
        .init("status", .integer(oneOf: [0, 1]), required: true),
        .init("items", .array(of: .object([.init("key", .string(), required: true)], isClosed: false)), required: true),
    ]

    private static func problems(_ change: (inout [Schema.Property]) -> Void) -> [String] {
        var members = members
        change(&members)
        return ReleasedEvents([event(Self.members)]).problems(in: ReleasedEvents([event(members)]))
    }

    @Test func `what was written is read back`() throws {
        let released = ReleasedEvents([Self.event(Self.members)])
        #expect(try ReleasedEvents(parsing: released.json.serialized()) == released)
        for text in ["", "[]", #"{"A": 1}"#, #"{"A": {"version": 1, "fields": {"a": {}}}}"#] {
            #expect(throws: ReleasedEvents.Malformed.self) { try ReleasedEvents(parsing: Array(text.utf8)) }
        }
    }

    @Test func `members may be added, be there more often and have more values`() {
        #expect(
            Self.problems { members in
                members.append(.init("more", .boolean, required: true))
                members[1] = .init("name", .string(), required: true)
                members[2] = .init("status", .integer(oneOf: [0, 1, 2]), required: true)
            } == [])
    }

    @Test func `a member that is removed or narrowed is found`() {
        #expect(Self.problems { $0.remove(at: 1) } == ["TENANT_CREATED: name was removed"])
        #expect(
            Self.problems { $0[0] = .init("id", .string(format: .uuid)) }
                == ["TENANT_CREATED: id is not always there any more"])
        #expect(
            Self.problems { $0[0] = .init("id", .string(), required: true) }
                == ["TENANT_CREATED: id has format none instead of uuid"])
        #expect(
            Self.problems { $0[0] = .init("id", .string(format: .uuid).nullable(), required: true) }
                == ["TENANT_CREATED: id can be null"])
        #expect(
            Self.problems { $0[1] = .init("name", .integer()) }
                == ["TENANT_CREATED: name is integer instead of string"])
        #expect(
            Self.problems { $0[1] = .init("name", .string(oneOf: ["a"])) }
                == ["TENANT_CREATED: name has only some values"])
        #expect(
            Self.problems { $0[2] = .init("status", .integer(oneOf: [1]), required: true) }
                == ["TENANT_CREATED: status has fewer values"])
        #expect(
            Self.problems { $0[3] = .init("items", .array(of: .freeObject), required: true) }
                == ["TENANT_CREATED: items[].key was removed"])
    }

    @Test func `a type that is gone or has another version is found`() {
        let released = ReleasedEvents([Self.event(Self.members)])
        #expect(released.problems(in: ReleasedEvents([])) == ["TENANT_CREATED is not published any more"])
        #expect(
            released.problems(in: ReleasedEvents([Self.event(Self.members, version: 2)]))
                == ["TENANT_CREATED has version 2 instead of 1"])
    }

    @Test func `an event that its description does not allow is found`() throws {
        let description = Self.event(Self.members)
        func problems(_ data: String) throws -> [String] {
            description.problems(
                in: try EventEnvelope(
                    id: .v4(), type: "TENANT_CREATED", tenantID: nil, occurredAt: .init(milliseconds: 0),
                    data: Array(data.utf8)))
        }
        let id = "0190b7a5-0000-7000-8000-000000000001"
        #expect(try problems(#"{"id":"\#(id)","status":1,"items":[{"key":"a"}],"more":1}"#).isEmpty)
        #expect(try problems(#"{"id":"\#(id)","status":3,"items":[]}"#).count == 1)
        #expect(try problems(#"{"status":1,"items":[]}"#).count == 1)
        #expect(try problems("{broken}").count == 1)
    }
}
