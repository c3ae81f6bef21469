import Configuration
import ConfigurationChecks
import Entities
import Primitives
import Testing

@testable import ServiceKit

/// `SYSTEM_USER_ID` (docs/contract/arc-api.md 3.5).
@Suite struct SystemUserTests {
    private func make(_ environment: [String: String]) throws -> SystemUser {
        try SystemUser(reader: try EnvironmentReader.make(folder: "/nowhere", environment: environment))
    }

    @Test(arguments: [[:], ["SYSTEM_USER_ID": ""]])
    func `without an id the columns stay empty`(environment: [String: String]) async throws {
        let user = try make(environment)
        #expect(user.identifier == nil)
        #expect(user.scope.actor.identifier == nil && user.scope.actor.text == "SYSTEM")
    }

    @Test func `the columns contain the UUID`() async throws {
        let id = Identifier.v4()
        for text in [id.description, id.description.uppercased()] {
            let user = try make(["SYSTEM_USER_ID": text])
            #expect(user.identifier == id)
            #expect(user.scope == .operatorScope(actor: Actor(id: id.description)))
            #expect(user.scope.actor.identifier == id)
        }
    }

    @Test(arguments: ["SYSTEM", "1", "00000000-0000-0000-0000-00000000000", "a\0"])
    func `any other value prevents startup`(text: String) async throws {
        let failure = #expect(throws: ConfigurationFailure.self) { try make(["SYSTEM_USER_ID": text]) }
        #expect(failure?.key == "SYSTEM_USER_ID")
    }
}
