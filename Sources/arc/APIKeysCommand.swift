import ArgumentParser
import JSONCoding
import NIOHTTP1
import Primitives
import ServiceKit

/// `arc api-keys`: the API keys of an installation.
struct APIKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-keys",
        abstract: "Add, list, rotate and delete API keys.",
        discussion: """
            API keys are credentials of programs: X-API-Key: arc_…, or Authorization: Bearer arc_…, on both services.

              arc api-keys create "Nightly export" --role Billing
              arc api-keys create "Acme's CRM" --tenant <tenant id> --permission 10207 --permission 10211 --days 30
              arc api-keys list --prefix arc_4fQz81Lm           whose key is this?
              arc api-keys rotate <id> --overlap 0              after it was revealed
              arc api-keys delete <id>                          and the keys that were made with it

            Calls tenant management with the credential in ARC_TOKEN; without it, with a token that is signed with JWT_SECRET,
            or with the secret of the stack that `arc up` runs here. Nobody can give a key what he may not do himself.
            (`arc keys` is about the keys that encrypt stored values.)
            """,
        subcommands: [Create.self, List.self, Rotate.self, Delete.self])

    static func path(_ id: String) -> String { "/api-keys/\(id)" }

    /// Prints a key that is shown once: the key alone on standard output, everything else on standard error.
    static func printSecured(_ key: JSONValue, json: Bool) {
        if json {
            CommandSupport.printLine(key.serializedText())
            return
        }
        func text(_ member: String) -> String { key[member]?.stringValue ?? "" }
        CommandSupport.printError(
            "Key \(text("id")) (\(text("name"))) ends on \(text("expiresOn")). It is not stored and cannot be shown again:"
        )
        CommandSupport.printLine(text("key"))
        if let previous = key["previousExpiresOn"]?.stringValue {
            CommandSupport.printError("The key before it is accepted until \(previous).")
        }
    }

    static func checkIdentifier(_ id: String) throws {
        guard Identifier(id) != nil else {
            throw ValidationError("The key must be given by its id, a UUID; `arc api-keys list` shows it.")
        }
    }
}

extension APIKeysCommand {
    /// `arc api-keys create`.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a key, and print it on standard output.",
            discussion: """
                Without --tenant, it is a key of the operator, which acts for all tenants.
                  KEY=$(arc api-keys create "Nightly export" --role Billing)
                """)

        @Argument(help: "What it is for.")
        var name: String
        @Option(help: "The tenant whose key it is (default: the operator).")
        var tenant: String?
        @Option(name: .customLong("permission"), help: "A permission code. May be repeated.")
        var permissions: [String] = []
        @Option(name: .customLong("role"), help: "A role whose permissions it has. May be repeated.")
        var roles: [String] = []
        @Option(help: "Days until it ends (default: API_KEY_DEFAULT_DAYS; at most API_KEY_MAX_DAYS).")
        var days: Int?
        @Flag(help: "Print the whole response as JSON.")
        var json = false
        @OptionGroup var management: ManagementOptions

        func validate() throws {
            guard !permissions.isEmpty || !roles.isEmpty else {
                throw ValidationError(
                    "Specify --permission with a code such as 10207, or --role with a name such as Billing.")
            }
            if let tenant, Identifier(tenant) == nil { throw ValidationError("--tenant must be a UUID.") }
            if let days, !(1...3650).contains(days) { throw ValidationError("--days must be 1 to 3650.") }
        }

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            let client = try await management.client(
                for: "arc api-keys create", permissions: DevelopmentToken.allPermissions)
            var body: JSONObject = [
                "name": .string(name), "audience": tenant == nil ? "operator" : "tenant",
                "permissions": .array(permissions.map { .string($0) }), "roles": .array(roles.map { .string($0) }),
            ]
            if let tenant { body["tenantId"] = .string(tenant) }
            if let days {
                body["expiresOn"] = .string(SystemClock().now().adding(.seconds(days * 86_400)).description)
            }
            APIKeysCommand.printSecured(try await client.send(.POST, "/api-keys", .object(body)), json: json)
        }
    }

    /// `arc api-keys list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List keys, the newest first, without their secrets.")

        @Option(help: "Only keys of this tenant.")
        var tenant: String?
        @Option(help: "Only the key that begins with these 12 characters.")
        var prefix: String?
        @Option(help: "Only keys that this user, or this key, has made.")
        var creator: String?
        @Flag(help: "Print one line of JSON for each key.")
        var json = false
        @OptionGroup var management: ManagementOptions

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            let client = try await management.client(
                for: "arc api-keys list", permissions: [PermissionCatalog.viewAPIKey])
            var condition = JSONObject()
            if let tenant { condition["tenantId"] = .string(tenant) }
            if let creator { condition["createdBy"] = .string(creator) }
            // Also of a whole key only its beginning leaves this process.
            if let prefix { condition["prefix"] = .string(String(prefix.prefix(12))) }
            let filter: JSONValue = ["where": .object(condition), "order": "createdOn DESC", "limit": 1000]
            let keys = try await client.send(
                .GET, "/api-keys?filter=\(PercentEncoding.encode(filter.serializedText()))")
            for key in keys.arrayValue ?? [] {
                if json {
                    CommandSupport.printLine(key.serializedText())
                } else {
                    CommandSupport.printLine(line(key))
                }
            }
            if keys.arrayValue?.isEmpty == true { CommandSupport.printError("There is no such key.") }
        }

        private func line(_ key: JSONValue) -> String {
            func text(_ member: String) -> String { key[member]?.stringValue ?? "" }
            let owner = key["tenantId"]?.stringValue.map { "tenant \($0)" } ?? "operator"
            let use = key["lastUsedOn"]?.stringValue.map { "last used \($0)" } ?? "never used"
            return "\(text("id"))  \(text("prefix"))…  \(text("name"))  \(owner)  ends \(text("expiresOn"))  \(use)"
        }
    }

    /// `arc api-keys rotate`.
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace a key, and print the new one on standard output.",
            discussion: "The former key is accepted until the overlap is over, so that programs have time to change.")

        @Argument(help: "The key's id.")
        var id: String
        @Option(help: "Seconds for which the former key is accepted (default: a day); 0 after it was revealed.")
        var overlap: Int?
        @Flag(help: "Print the whole response as JSON.")
        var json = false
        @OptionGroup var management: ManagementOptions

        func validate() throws {
            try APIKeysCommand.checkIdentifier(id)
            if let overlap, !(0...2_592_000).contains(overlap) {
                throw ValidationError("--overlap must be 0 to 2592000 seconds.")
            }
        }

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            let client = try await management.client(
                for: "arc api-keys rotate", permissions: DevelopmentToken.allPermissions)
            let body: JSONObject = overlap.map { ["overlapSeconds": .integer($0)] } ?? [:]
            APIKeysCommand.printSecured(
                try await client.send(.POST, "\(APIKeysCommand.path(id))/rotate", .object(body)), json: json)
        }
    }

    /// `arc api-keys delete`.
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a key and the keys that were made with it; all services refuse them within seconds.")

        @Argument(help: "The key's id.")
        var id: String
        @OptionGroup var management: ManagementOptions

        func validate() throws { try APIKeysCommand.checkIdentifier(id) }

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            let client = try await management.client(
                for: "arc api-keys delete", permissions: [PermissionCatalog.deleteAPIKey])
            _ = try await client.send(.DELETE, APIKeysCommand.path(id))
            CommandSupport.printLine("The key \(id) was deleted")
        }
    }
}
