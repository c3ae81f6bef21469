import Configuration
import ConfigurationChecks
import Foundation
import Testing

@Suite struct ConfigReaderChecksTests {
    private func reader(_ variables: [String: String]) -> ConfigReader {
        ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
    }

    /// The message of what reading throws; nil when it succeeds.
    private func problem<Value>(_ body: () throws(ConfigurationFailure) -> Value) -> String? {
        do throws(ConfigurationFailure) {
            _ = try body()
            return nil
        } catch {
            return error.description
        }
    }

    private enum Mode: String, CaseIterable, Sendable {
        case fast, slow
    }

    @Test func `empty values count as unset`() throws {
        let reader = reader(["A": "", "A_FILE": ""])
        #expect(reader.text("a") == nil)
        #expect(try reader.secret("a") == nil)
        #expect(try reader.value(Setting.optionalInteger("A", in: 1...2, "")) == nil)
        #expect(try reader.value(Setting.integer("A", default: 7, in: 1...2, "")) == 7)
        #expect(try reader.value(Setting.optionalDuration("A", in: 1...2, "")) == nil)
        #expect(try reader.value(Setting.flag("A", default: true, "")))
        #expect(try reader.value(Setting<Mode?>.optionalChoice("A", "")) == nil)
        let required = Setting.required("A", "")
        #expect(problem { () throws(ConfigurationFailure) in try reader.value(required) } == "A is missing")
    }

    @Test func `well-formed values are read`() throws {
        let reader = reader(["N": "42", "YES": "On", "NO": "FALSE", "MODE": "slow", "T": "x"])
        #expect(try reader.value(Setting.required("T", "")) == "x")
        #expect(try reader.value(Setting.integer("N", default: 1, in: 0...42, "")) == 42)
        #expect(try reader.value(Setting.milliseconds("N", default: 0, in: 0...42, "")) == .milliseconds(42))
        #expect(try reader.value(Setting.flag("YES", default: false, "")))
        #expect(try !reader.value(Setting.flag("NO", default: true, "")))
        #expect(try reader.value(Setting<Mode?>.optionalChoice("MODE", "")) == .slow)
    }

    @Test(arguments: ["abc", "0", "65536", "1.5", " 1", "9999999999999999999999"])
    func `a number that is malformed or out of range is refused with the range`(text: String) {
        let port = Setting.optionalInteger("PORT", in: 1...65_535, "")
        #expect(
            problem { () throws(ConfigurationFailure) in try reader(["PORT": text]).value(port) }
                == "PORT is \"\(text)\", but must be an integer from 1 to 65535")
    }

    @Test func `other malformed values are refused with what they must be`() {
        let reader = reader(["ACCESS_LOG": "maybe", "MODE": "Slow"])
        let (log, mode) = (
            Setting.flag("ACCESS_LOG", default: true, ""), Setting<Mode?>.optionalChoice("MODE", "")
        )
        #expect(
            problem { () throws(ConfigurationFailure) in try reader.value(log) }
                == "ACCESS_LOG is \"maybe\", but must be true or false")
        #expect(
            problem { () throws(ConfigurationFailure) in try reader.value(mode) }
                == "MODE is \"Slow\", but must be one of fast, slow")
    }

    @Test func `a secret in a file wins, without line breaks at its end`() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("secret")
            try Data(" pass wörd\r\n\n".utf8).write(to: file)
            #expect(try reader(["A_FILE": file.path, "A": "other"]).secret("a") == " pass wörd")
            #expect(try reader(["A_FILE": file.path]).value(Setting.secret("A", "")) == " pass wörd")
        }
    }

    @Test func `a secret's file that cannot be used is refused`() async throws {
        try await withFolder { folder in
            let contents: [(String, [UInt8], String)] = [
                ("blank", Array("\r\n\n".utf8), "is empty"),
                ("large", [UInt8](repeating: 65, count: 65_537), "is larger than 64 KiB"),
                ("binary", [0xFF, 0xFE], "is not UTF-8 text"),
            ]
            for (name, bytes, expected) in contents {
                let file = folder.appendingPathComponent(name)
                try Data(bytes).write(to: file)
                #expect(
                    problem { () throws(ConfigurationFailure) in try reader(["KEY_FILE": file.path]).secret("key") }
                        == "KEY_FILE names the file \(file.path), which \(expected)")
            }
            for missing in [folder.path, folder.path + "/missing"] {
                #expect(
                    problem { () throws(ConfigurationFailure) in try reader(["KEY_FILE": missing]).secret("key") }
                        == "KEY_FILE names the file \(missing), which cannot be read")
            }
        }
    }
}
