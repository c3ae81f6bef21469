import Foundation
package import Logging

/// What a test needed and did not get.
package struct TestFailure: Error, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// The logger of everything that tests run: silent unless ARC_TEST_LOG_LEVEL names a level.
package let testLogger: Logger = {
    var logger = Logger(label: "test")
    let level = ProcessInfo.processInfo.environment["ARC_TEST_LOG_LEVEL"].flatMap { Logger.Level(rawValue: $0) }
    logger.logLevel = level ?? .critical
    return logger
}()

/// A variable that must be set to run the tests.
/// - Throws: ``TestFailure`` that names it.
package func testVariable(_ name: String) throws -> String {
    guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
        throw TestFailure("\(name) is not set: this test needs real servers, which `make test` starts")
    }
    return value
}
