import Configuration
import ConfigurationChecks
import Foundation
import Testing

@Suite struct SettingTests {
    private enum Mode: String, CaseIterable, Sendable {
        case fast, slow
    }

    private static let port = Setting.integer("PORT", default: 3005, in: 1...65_535, "Where it listens")
    private static let wait = Setting.duration("WAIT_SECONDS", default: 10, in: 0...20, "How long it waits")
    private static let pause = Setting.duration("PAUSE_MILLIS", default: 5, in: 0...20, "How long it pauses")
    private static let age = Setting.duration("AGE_HOURS", default: 2, in: 1...24, "How old it gets")
    private static let keep = Setting.optionalDuration("KEEP_DAYS", unset: "for ever", in: 1...9, "How long it is kept")
    private static let log = Setting.flag("ACCESS_LOG", default: true, "Whether it logs")
    private static let mode = Setting<Mode>.choice("MODE", default: .slow, "How it works")
    private static let user = Setting.required("DB_USER", "Who it is")
    private static let secret = Setting.secret("TOKEN", values: "at least 4 characters", "What opens it") {
        $0.count >= 4
    }
    private static let names = Setting<[String]>.parsed(
        "NAMES", default: [], unset: nil, values: "names, separated by commas", "Who is called"
    ) { text in text.contains("!") ? nil : text.split(separator: ",").map(String.init) }

    private static let keys = ConfigurationKeys("all", [port, wait, log, mode, user, secret, names])

    private func reader(_ variables: [String: String]) -> ConfigReader {
        ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
    }

    @Test func `unset settings have their defaults, and the unit of a duration is in its name`() throws {
        let reader = reader(["PORT": ""])
        #expect(try reader.value(Self.port) == 3005)
        #expect(try reader.value(Self.wait) == .seconds(10))
        #expect(try reader.value(Self.pause) == .milliseconds(5))
        #expect(try reader.value(Self.age) == .seconds(7200))
        #expect(try reader.value(Self.keep) == nil)
        #expect(try reader.value(Self.log))
        #expect(try reader.value(Self.mode) == .slow)
        #expect(try reader.value(Self.secret) == nil)
        #expect(try reader.value(Self.names) == [])
        let failure = #expect(throws: ConfigurationFailure.self) { try reader.value(Self.user) }
        #expect(failure?.description == "DB_USER is missing")
    }

    @Test func `values that are set are read, also within a prefix`() throws {
        let reader = reader([
            "PORT": "1", "WAIT_SECONDS": "0", "KEEP_DAYS": "9", "ACCESS_LOG": "Off", "MODE": "fast", "NAMES": "a,b",
            "BUS_PORT": "2",
        ])
        #expect(try reader.value(Self.port) == 1)
        #expect(try reader.value(Self.port.within("BUS")) == 2)
        #expect(try reader.value(Self.wait) == .zero)
        #expect(try reader.value(Self.keep) == .seconds(9 * 86_400))
        #expect(try !reader.value(Self.log))
        #expect(try reader.value(Self.mode) == .fast)
        #expect(try reader.value(Self.names) == ["a", "b"])
    }

    @Test func `every mistake is listed at once, and no secret is shown`() {
        let reader = reader([
            "PORT": "70000", "ACCESS_LOG": "maybe", "MODE": "Fast", "TOKEN": "abc", "NAMES": "a!", "WAIT_SECONDS": "3",
        ])
        let failure = #expect(throws: ConfigurationFailure.self) { try Self.keys.check(reader) }
        #expect(
            failure?.description.split(separator: "; ") == [
                "PORT is \"70000\", but must be an integer from 1 to 65535",
                "ACCESS_LOG is \"maybe\", but must be true or false",
                "MODE is \"Fast\", but must be one of fast, slow",
                "TOKEN must be at least 4 characters",
                "NAMES is \"a!\", but must be names, separated by commas",
            ])
        // Only who needs a setting knows whether it must be set.
        #expect(throws: Never.self) { try Self.keys.check(self.reader([:])) }
    }

    @Test func `lists of settings say what may be set`() {
        #expect(Self.keys.names == ["PORT", "WAIT_SECONDS", "ACCESS_LOG", "MODE", "DB_USER", "TOKEN", "NAMES"])
        #expect(Self.keys.variables.contains("TOKEN_FILE"))
        let scoped = Self.keys.within("BUS")
        #expect(scoped.names.contains("BUS_PORT") && scoped.variables.contains("BUS_TOKEN_FILE"))
        #expect(scoped.groups.first?.settings.first?.description.name == "BUS_PORT")
    }

    @Test func `the tables of a document follow from the settings`() throws {
        let document = SettingsDocument([("first", Self.keys), ("second", ConfigurationKeys("all", [Self.port]))])
        let old = """
            Words.
            <!-- settings: all -->
            | old |
            <!-- end of settings -->
            More words.
            """
        let updated = try document.updating(old)
        #expect(updated.hasPrefix("Words.\n<!-- settings: all -->\n**All**\n\n| variable |"))
        #expect(updated.hasSuffix("<!-- end of settings -->\nMore words."))
        #expect(updated.contains("| `PORT` | 3005 | an integer from 1 to 65535 | first, second | Where it listens |"))
        #expect(updated.contains("| `DB_USER` | required | text | first | Who it is |"))
        #expect(updated.contains("| `TOKEN` | – | at least 4 characters (secret) | first | What opens it |"))
        #expect(try document.updating(updated) == updated)
        #expect(throws: SettingsDocument.Outdated.self) { try document.updating("Words.") }
        #expect(throws: SettingsDocument.Outdated.self) {
            try document.updating(old.replacing("settings: all", with: "settings: none"))
        }
    }

    @Test func `one row stands for settings with a prefix, and a list of all services is a word`() throws {
        let connection = ConfigurationKeys("database", [Self.user, Setting.secret("DB_PASSWORD", "Its password")])
        let keys = ConfigurationKeys(combining: [connection, connection.within("BUS", "That of the bus")])
        let document = SettingsDocument(
            [("first", keys), ("second", keys), ("third", keys)],
            programs: [("tool", ConfigurationKeys("tools", [Self.log]))])
        let updated = try document.updating(
            ["database", "database with the prefix BUS_", "tools"]
                .map { "<!-- settings: \($0) -->\n<!-- end of settings -->" }.joined(separator: "\n"))
        #expect(updated.contains("| `DB_USER` | required | text | all | Who it is |"))
        #expect(updated.contains("| `BUS_DB_*` | as `DB_*` | as `DB_*` | all | That of the bus |"))
        #expect(updated.contains("| `ACCESS_LOG` | true | true or false | tool | Whether it logs |"))
        #expect(!updated.contains("BUS_DB_USER"))
    }

    @Test func `the file of defaults sets nothing, and its lines are the defaults`() async throws {
        let text = SettingsDocument([("first", Self.keys)]).defaultsFile
        #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("#") && $0.count <= 120 })
        #expect(text.contains("\n# Where it listens. Value: an integer from 1 to 65535.\n# PORT=3005\n"))
        #expect(text.contains("\n# Who it is. Value: text; required.\n# DB_USER=\n"))
        #expect(text.contains("\n# TOKEN_FILE=\n") && !text.contains("# TOKEN="))
        try await withFolder { folder in
            try Data(text.replacing("\n# PORT=", with: "\nPORT=").utf8)
                .write(to: folder.appendingPathComponent(".env.defaults"))
            let reader = try EnvironmentReader.make(folder: folder.path, environment: [:])
            #expect(reader.text("port") == "3005" && reader.text("mode") == nil)
        }
    }

    @Test func `what others read, too, is ignored with a warning if it cannot be used`() throws {
        let setting = Self.port.lenient()
        var warnings: [String] = []
        #expect(try setting.value(in: reader(["PORT": "x"])) { warnings.append("\($0) \($1)") } == 3005)
        #expect(try setting.value(in: reader(["PORT": "7"])) { warnings.append("\($0) \($1)") } == 7)
        #expect(warnings == ["PORT is not an integer from 1 to 65535"])
    }

    @Test func `a password in a URL is shown nowhere`() async throws {
        let place = Setting.text("PLACE", default: "", values: "a web address", "Where it is") { !$0.contains("x") }
        let keys = ConfigurationKeys("all", [place])
        for (text, shown) in [
            ("http://me:hush@a.example/y?q=1@2", "http://…@a.example/y?q=1@2"), ("http://hush@b", "http://…@b"),
            ("one://a/@b, two://u:hush@c", "one://a/@b, two://…@c"), ("http://a/@b", "http://a/@b"), ("@", "@"),
        ] {
            let sources = try EnvironmentReader.sources(folder: "/nonexistent", environment: ["PLACE": text])
            #expect(EffectiveSetting.all(of: keys, in: sources).first?.value == shown)
        }
        let failure = #expect(throws: ConfigurationFailure.self) {
            try keys.check(reader(["PLACE": "http://me:hush@x"]))
        }
        #expect(failure?.description == "PLACE is \"http://…@x\", but must be a web address")
    }

    @Test func `effective settings show what is missing and what contradicts others`() async throws {
        let keys = ConfigurationKeys("all", [Self.user, Self.port]).checking {
            (reader) throws(ConfigurationFailure) in _ = try reader.value(Self.user)
        }
        let missing = try EnvironmentReader.sources(folder: "/nonexistent", environment: [:])
        #expect(EffectiveSetting.all(of: keys, in: missing).map(\.problem) == ["DB_USER is missing", nil])
        let present = try EnvironmentReader.sources(folder: "/nonexistent", environment: ["DB_USER": "arc"])
        #expect(EffectiveSetting.all(of: keys, in: present).map(\.problem) == [nil, nil])
    }

    @Test func `effective settings have their sources, and secrets are hidden`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("arc-settings-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("PORT=1\nMODE=fast\nTOKEN=from the file\n".utf8).write(
            to: folder.appendingPathComponent(".env.docker"))
        let sources = try EnvironmentReader.sources(
            folder: folder.path, bound: ["DB_USER": "arc"], environment: ["PORT": "0", "MODE": ""])
        let settings = EffectiveSetting.all(of: Self.keys, in: sources)
        let found = Dictionary(uniqueKeysWithValues: settings.map { ($0.name, $0) })
        #expect(found["PORT"]?.value == "0" && found["PORT"]?.source == "environment")
        #expect(found["PORT"]?.problem?.contains("must be an integer") == true)
        #expect(found["MODE"]?.value == "fast" && found["MODE"]?.source == ".env.docker")
        #expect(found["TOKEN"]?.value == "(hidden)" && found["TOKEN"]?.source == ".env.docker")
        #expect(found["DB_USER"]?.value == "arc" && found["DB_USER"]?.source == "program")
        #expect(found["WAIT_SECONDS"]?.value == "10" && found["WAIT_SECONDS"]?.source == nil)
        let table = EffectiveSetting.table(settings).joined(separator: "\n")
        #expect(!table.contains("from the file"))
        #expect(table.contains("PORT") && table.contains("! PORT is \"0\""))
    }
}
