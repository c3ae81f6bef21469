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

    private enum Mode: String, CaseIterable {
        case fast, slow
    }

    @Test func `empty values count as unset`() throws {
        let reader = reader(["A": "", "A_FILE": ""])
        #expect(reader.text("a") == nil)
        #expect(try reader.secret("a") == nil)
        #expect(try reader.integer("a", in: 1...2) == nil)
        #expect(try reader.integer("a", default: 7, in: 1...2) == 7)
        #expect(try reader.milliseconds("a", in: 1...2) == nil)
        #expect(try reader.flag("a", default: true))
        #expect(try reader.choice("a", as: Mode.self) == nil)
        #expect(problem { () throws(ConfigurationFailure) in try reader.required("a") } == "A is missing")
    }

    @Test func `well-formed values are read`() throws {
        let reader = reader(["N": "42", "YES": "On", "NO": "FALSE", "MODE": "slow", "T": "x"])
        #expect(try reader.required("t") == "x")
        #expect(try reader.integer("n", default: 1, in: 0...42) == 42)
        #expect(try reader.milliseconds("n", in: 0...42) == .milliseconds(42))
        #expect(try reader.flag("yes", default: false))
        #expect(try !reader.flag("no", default: true))
        #expect(try reader.choice("mode", as: Mode.self) == .slow)
    }

    @Test(arguments: ["abc", "0", "65536", "1.5", " 1", "9999999999999999999999"])
    func `a number that is malformed or out of range is refused with the range`(text: String) {
        #expect(
            problem { () throws(ConfigurationFailure) in try reader(["PORT": text]).integer("port", in: 1...65_535) }
                == "PORT is \"\(text)\", but must be an integer from 1 to 65535")
    }

    @Test func `other malformed values are refused with what they must be`() {
        let reader = reader(["ACCESS_LOG": "maybe", "MODE": "Slow"])
        #expect(
            problem { () throws(ConfigurationFailure) in try reader.flag("access.log", default: true) }
                == "ACCESS_LOG is \"maybe\", but must be true or false")
        #expect(
            problem { () throws(ConfigurationFailure) in try reader.choice("mode", as: Mode.self) }
                == "MODE is \"Slow\", but must be one of fast, slow")
    }

    @Test func `a secret in a file wins, without line breaks at its end`() async throws {
        try await withFolder { folder in
            let file = folder.appendingPathComponent("secret")
            try Data(" pass wörd\r\n\n".utf8).write(to: file)
            #expect(try reader(["A_FILE": file.path, "A": "other"]).secret("a") == " pass wörd")
            #expect(try reader(["A": "own", "B": "x"]).secret("a", or: "b") == "own")
            #expect(try reader(["B_FILE": file.path]).secret("a", or: "b") == " pass wörd")
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
