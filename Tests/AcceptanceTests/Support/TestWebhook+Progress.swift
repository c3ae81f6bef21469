import JSONCoding
import StackTestSupport

/// The orchestrator's side of a run that reports how far it is.
extension TestWebhook {
    /// A report of progress.
    func progress(
        _ version: Int, state: String = "RUNNING", steps: JSONValue = Self.steps,
        possible: JSONValue = ["resume", "abort"],
        commands: JSONValue = [], startedOn: JSONValue = .null, endedOn: JSONValue = .null
    ) -> JSONValue {
        [
            "initiatorId": .string(tenant), "type": 2,
            "data": [
                "context": .string(context), "version": .integer(version), "kind": "PROVISION", "tier": "BASIC",
                "state": .string(state), "reason": .null, "startedOn": startedOn, "endedOn": endedOn, "steps": steps,
                "possibleCommands": possible, "commands": commands,
            ],
        ]
    }

    static let steps: JSONValue = [
        [
            "name": "create-schema", "state": "SUCCEEDED", "attempts": 1, "compensationAttempts": 0, "lastError": .null,
            "startedOn": "2026-11-29T01:00:00.000Z", "endedOn": "2026-11-29T01:00:01.000Z", "compensatedOn": .null,
        ],
        [
            "name": "grant", "state": "WAITING", "attempts": 2, "compensationAttempts": 0,
            "lastError": "server db-7 refuses", "startedOn": "2026-11-29T01:00:01.000Z", "endedOn": .null,
            "compensatedOn": .null,
        ],
    ]

    /// The runs of the tenant as they are shown.
    func runs(token: String? = nil, _ query: String = "") async throws -> [JSONValue] {
        try await stack.tenantManagement.get(
            "/tenants/\(tenant)/provisioning\(query)", token: token ?? stack.admin
        ).expect(200).json.arrayValue ?? []
    }

    /// A command of an operator.
    func command(_ command: String, _ body: JSONValue = ["reason": "The disk is larger now"]) async throws
        -> TestResponse
    {
        try await stack.tenantManagement.post("/tenants/\(tenant)/provisioning/\(command)", body, token: stack.admin)
    }
}
