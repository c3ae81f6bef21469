import JSONCoding
import Testing

@Suite struct SecretMemberTests {
    @Test(arguments: [
        "password", "Password", "secret", "clientSecret", "client_secret", "client-secret", "CLIENT.SECRET", "token",
        "accessToken", "apiKey", "API_KEY", "x-api-key", "privateKey", "private key", "smtpPassword", "credentials",
        "accessKeyId", "passphrase", "Authorization",
    ])
    func `names that sound secret are recognized in every spelling`(name: String) {
        #expect(SecretName.matches(name))
    }

    @Test(arguments: ["", "key", "configKey", "clientId", "realm", "connection", "user", "pass", "keyPrefix", "api"])
    func `other names are not`(name: String) {
        #expect(!SecretName.matches(name))
    }

    @Test func `secrets are replaced at every depth, as a whole, and nothing else is`() {
        let document: JSONValue = [
            "realm": "a", "password": 1, "none": nil, "token": nil,
            "list": [["apiKey": "b", "id": 1], "text", [["secret": ["deep": "c"]]]],
            "credentials": ["user": "d", "password": "e"],
        ]
        var found: [JSONValue] = []
        let replaced = document.replacingSecrets { secret, _ in
            found.append(secret)
            return "x"
        }
        #expect(found == [1, "b", ["deep": "c"], ["user": "d", "password": "e"]])
        #expect(
            replaced == [
                "realm": "a", "password": "x", "none": nil, "token": nil,
                "list": [["apiKey": "x", "id": 1], "text", [["secret": "x"]]], "credentials": "x",
            ])
        #expect(document.pathOfSecret == ["password"])
        #expect((["list": [["id": 1], ["apiKey": "b"]]] as JSONValue).pathOfSecret == ["list", "1", "apiKey"])
        #expect((["token": nil, "id": 1] as JSONValue).pathOfSecret == nil)
    }

    @Test func `the value at the same place of an earlier version is given along`() {
        let former: JSONValue = ["a": ["secret": 1], "list": [["token": 2]]]
        var earlier: [JSONValue?] = []
        let document: JSONValue = ["a": ["secret": 3], "list": [["token": 4], ["token": 5]], "password": 6]
        _ = document.replacingSecrets(beside: former) { secret, value in
            earlier.append(value)
            return secret
        }
        #expect(earlier == [1, 2, nil, nil])
    }
}
