import JSONCoding
import Testing

extension TestService {
    /// Checks the eight common operations of an entity, as an operator.
    /// - Parameters:
    ///   - body: A row that does not exist yet.
    ///   - change: Members that differ from it.
    func checkOperations(_ path: String, _ body: JSONValue, _ change: JSONValue) async throws {
        let before = try #require(try await send("GET", "\(path)/count").json["count"]?.intValue)
        let created = try await send("POST", path, body)
        #expect(created.status == 201, "\(created.text)")
        let id = try #require(created.json["id"]?.stringValue)
        #expect(created.location == "\(path)/\(id)")
        for (name, value) in try #require(body.objectValue) { #expect(created.json[name] == value) }
        #expect(try await send("GET", "\(path)/\(id)").json == created.json)
        #expect(try await send("GET", "\(path)/count").json["count"]?.intValue == before + 1)
        #expect(try await send("GET", path).json.arrayValue?.count == before + 1)

        #expect(try await send("PATCH", "\(path)/\(id)", change).status == 204)
        let changed = try await send("GET", "\(path)/\(id)").json
        for (name, value) in try #require(change.objectValue) { #expect(changed[name] == value) }
        #expect(try await send("PUT", "\(path)/\(id)", body).status == 204)
        let bulk = try await send("PATCH", "\(path)?where[id]=\(id)", change)
        #expect(bulk.json["count"] == 1, "\(bulk.text)")
        #expect(try await send("DELETE", "\(path)/\(id)").status == 204)
        #expect(try await send("GET", "\(path)/\(id)").status == 404)
        #expect(try await send("DELETE", "\(path)/\(id)").status == 404)
        // What is deleted blocks no name.
        #expect(try await send("POST", path, body).status == 201)
    }
}
