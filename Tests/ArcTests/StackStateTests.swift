import LocalStack
import Testing

@Suite struct StackStateTests {
    private let state = StackState(postgresPort: 5555, redisPort: 6666, dataFolder: "/some where/data")

    @Test func `a state survives being written and read`() throws {
        #expect(try StackState(text: state.text, path: "x") == state)
    }

    @Test func `every role has its own password`() {
        let roles = DatabasePlan.roles.map(\.name) + [DatabasePlan.superuser]
        let passwords = Set(roles.map(state.password(of:)))
        #expect(passwords.count == roles.count)
        #expect(passwords.allSatisfy { $0.count == 48 })
    }

    @Test func `secrets differ from stack to stack`() {
        let other = StackState(postgresPort: 5555, redisPort: 6666, dataFolder: "/")
        #expect(other.jwtSecret != state.jwtSecret)
        #expect(other.redisPassword != state.redisPassword)
        #expect(other.systemUserID != state.systemUserID)
    }

    @Test func `an old state gets passwords for roles that are new`() throws {
        let old = state.text.split(separator: "\n").filter { !$0.hasPrefix("ORCHESTRATOR_APP") }.joined(separator: "\n")
        let read = try StackState(text: old, path: "x")
        #expect(read.password(of: "orchestrator_app").count == 48)
        #expect(read.password(of: "orchestrator_owner") == state.password(of: "orchestrator_owner"))
    }

    @Test(arguments: ["POSTGRES_PORT", "REDIS_PORT", "DATA_FOLDER", "JWT_SECRET", "SYSTEM_USER_ID", "REDIS_PASSWORD"])
    func `a missing value is named`(name: String) {
        let text = state.text.split(separator: "\n").filter { !$0.hasPrefix("\(name)=") }.joined(separator: "\n")
        #expect(throws: LocalStackError.stateFile(path: "x", reason: "\(name) is missing")) {
            try StackState(text: text, path: "x")
        }
    }

    @Test func `a damaged file is an error without its values`() {
        #expect(throws: LocalStackError.stateFile(path: "x", reason: "line 2 is not NAME=value")) {
            try StackState(text: "A=1\nsecret-thing\n", path: "x")
        }
        #expect(throws: LocalStackError.stateFile(path: "x", reason: "POSTGRES_PORT is not a port")) {
            try StackState(text: "POSTGRES_PORT=70000\n", path: "x")
        }
    }

    @Test(
        arguments: [
            (nil, "/a/b", "/a/b/.arc"), ("", "/a/b", "/a/b/.arc"), ("x/../y/./z", "/a", "/a/y/z"), ("/h//", "/a", "/h"),
        ] as [(String?, String, String)])
    func `the home is an absolute path`(path: String?, folder: String, home: String) {
        #expect(StackHome(path: path, currentFolder: folder).path == home)
    }
}
