import Configuration
import ConfigurationChecks
import Testing

@Suite struct SecretStrengthTests {
    private func weakness(_ secret: String) -> String? {
        SecretStrength.weakness(of: secret, minimum: 32, variety: 10)
    }

    @Test(arguments: [
        "hunter2", "secret", "Secret-Key", "password123", "CHANGE-ME", "please-change-me-before-you-deploy-this!",
        "<your jwt secret of at least 32 characters>", "${JWT_SECRET}", "postgres", "", "   ", "kdskssdkdfs",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "abcabcabcabcabcabcabcabcabcabcabcabc",
        "0123456789012345678901234567890123456789", "abcdefghijklmnopqrstuvwxyz0123456789",
        "zyxwvutsrqponmlkjihgfedcba9876543210", "correcthorse", "abababababababababababababababacdefgabababab",
    ])
    func `what can be guessed is refused, and the reason does not repeat it`(secret: String) {
        let reason = weakness(secret)
        #expect(reason != nil)
        if secret.count > 4 { #expect(reason?.contains(secret) == false) }
    }

    @Test(arguments: [
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "kq3PpT0m1hCwX5v8pYt2Zr6uJ9sLbE4nGdAaQfHi7KoMxRyW",
        "a secret of more than 32 bytes that only tests know", "vIJ8Tq8Y0D6tW9w6kF1g2hZxQe5uRn3Lb7Sc4Vd0Pa=",
    ])
    func `random texts and long sentences are accepted`(secret: String) {
        #expect(weakness(secret) == nil)
    }

    @Test(
        arguments: [
            ([:], false), (["ARC_ENV": "development"], true), (["ARC_ENV": "Dev"], true), (["NODE_ENV": "test"], true),
            (["ARC_ENV": "production", "NODE_ENV": "development"], false), (["ARC_ENV": "developement"], false),
            (["ARC_ENV": "", "NODE_ENV": "development"], true),
        ] as [([String: String], Bool)])
    func `only a known name means development`(environment: [String: String], isDevelopment: Bool) async throws {
        let reader = try EnvironmentReader.make(folder: "/nonexistent", environment: environment)
        #expect((DeploymentEnvironment(reader: reader) == .development) == isDevelopment)
    }
}
