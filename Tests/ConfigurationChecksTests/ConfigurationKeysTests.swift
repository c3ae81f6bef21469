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

    @Test func `a prefix applies to names and secrets`() {
        let keys = ConfigurationKeys(combining: [["PORT"], ConfigurationKeys([], secrets: ["PASSWORD"])]).within("BUS")
        #expect(keys.variables == ["BUS_PORT", "BUS_PASSWORD", "BUS_PASSWORD_FILE"])
        #expect(keys.secrets == ["BUS_PASSWORD"])
    }
}
