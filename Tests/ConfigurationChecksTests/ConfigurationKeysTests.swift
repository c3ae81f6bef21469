import Configuration
import ConfigurationChecks
import Testing

@Suite struct ConfigurationKeysTests {
    private static let keys = ConfigurationKeys(
        ["HOST", "DB_PORT", "DB_MAX_CONNECTIONS", "LEAD_KEY_LENGTH"], secrets: ["DB_PASSWORD"])

    @Test(arguments: [
        ("DB_PROT", "DB_PORT"), ("DB_PORTS", "DB_PORT"), ("LEAD_KEY_LENGHT", "LEAD_KEY_LENGTH"),
        ("LEAD_KEYLENGTH", "LEAD_KEY_LENGTH"), ("DB_MAX_CONECTION", "DB_MAX_CONNECTIONS"),
        ("DB_PASSWORD_FIEL", "DB_PASSWORD_FILE"),
    ])
    func `a variable that is nearly a setting is reported`(variable: String, setting: String) {
        let found = Self.keys.misspellings(in: [variable])
        #expect(found.map { [$0.variable, $0.setting] } == [[variable, setting]])
    }

    @Test func `settings and unrelated variables are not reported`() {
        let environment = [
            "HOST", "HOSTS", "PATH", "HOME", "HOSTNAME", "DB_PORT", "DB_PASSWORD_FILE", "LEAD_KEY_LENGTH", "LANG",
            "DB_MIN_CONNECTIONS_TOTAL", "",
        ]
        #expect(Self.keys.misspellings(in: environment) == [])
    }

    @Test func `a variable that begins like a setting and is none is reported with the nearest one`() {
        let found = Self.keys.unknown(in: [
            "DB_CONNECTIONS_MAX", "DB_MAX_CONNS", "DB_POOL_SIZE", "LEAD_LENGTH", "DB_PORT", "DB_PASSWORD_FILE",
            "DBX_PORT", "HOST",
            "LEAD",
            "PATH", "DB_SERVICE_HOST", "DB_PORT_5432_TCP_ADDR", "DB_PORT_5432_TCP",
        ])
        #expect(
            found.map { [$0.variable, $0.setting] } == [
                ["DB_CONNECTIONS_MAX", "DB_MAX_CONNECTIONS"], ["DB_MAX_CONNS", "DB_MAX_CONNECTIONS"],
                ["DB_POOL_SIZE", "DB_PORT"],
                ["LEAD_LENGTH", "LEAD_KEY_LENGTH"],
            ])
    }

    @Test func `all mistakes are named once, also what must hold for several settings`() {
        let low = Setting.integer("LOW", default: 1, in: 1...9, "The lower one")
        let high = Setting.integer("HIGH", default: 5, in: 1...9, "The higher one")
        let ignored = Setting.integer("OTHER", default: 5, in: 1...9, "What others read, too").lenient()
        let keys = ConfigurationKeys(combining: [
            ConfigurationKeys("all", [low, high, ignored]).checking { (reader) throws(ConfigurationFailure) in
                guard try reader.value(low) < reader.value(high) else {
                    throw ConfigurationFailure(key: "HIGH", reason: "is not above LOW")
                }
            }
        ])
        func mistakes(_ variables: [String: String]) -> [String] {
            let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
            do throws(ConfigurationFailure) { try keys.check(reader) } catch { return error.parts.map(\.description) }
            return []
        }
        #expect(mistakes([:]) == [])
        #expect(mistakes(["LOW": "6"]) == ["HIGH is not above LOW"])
        #expect(
            mistakes(["LOW": "0", "HIGH": "x"]) == [
                "LOW is \"0\", but must be an integer from 1 to 9", "HIGH is \"x\", but must be an integer from 1 to 9",
            ])
        #expect(mistakes(["OTHER": "x"]) == [], "it does not keep the service from starting")
    }

    @Test func `a prefix applies to names and secrets`() {
        let keys = ConfigurationKeys(combining: [["PORT"], ConfigurationKeys([], secrets: ["PASSWORD"])]).within("BUS")
        #expect(keys.variables == ["BUS_PORT", "BUS_PASSWORD", "BUS_PASSWORD_FILE"])
        #expect(keys.secrets == ["BUS_PASSWORD"])
    }
}
