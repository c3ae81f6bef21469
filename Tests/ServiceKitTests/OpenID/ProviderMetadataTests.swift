import JSONCoding
import ServiceKit
import Testing

@Suite struct ProviderMetadataTests {
    private static let issuer = "https://id.example.com"
    private static let document: JSONObject = [
        "issuer": "https://id.example.com", "authorization_endpoint": "https://id.example.com/authorize",
        "token_endpoint": "https://id.example.com/token", "jwks_uri": "https://id.example.com/keys",
    ]

    private func read(_ changes: JSONObject, issuer: String = issuer) throws(ProviderMetadata.Unusable)
        -> ProviderMetadata
    {
        var document = Self.document
        for (name, value) in changes { document[name] = value }
        return try ProviderMetadata(JSONValue.object(document).serialized(), issuer: issuer)
    }

    @Test func `what a provider says about itself is read`() throws {
        let minimal = try read([:])
        #expect(minimal.authorizationEndpoint == "https://id.example.com/authorize")
        #expect(minimal.tokenEndpoint == "https://id.example.com/token")
        #expect(minimal.keySetURL == "https://id.example.com/keys")
        #expect(minimal.endSessionEndpoint == nil && !minimal.sendsIssuer && minimal.clientAuthentication == .basic)
        let full = try read([
            "end_session_endpoint": "https://id.example.com/end",
            "authorization_response_iss_parameter_supported": true,
            "response_types_supported": ["id_token", "code"], "code_challenge_methods_supported": ["plain", "S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        ])
        #expect(full.endSessionEndpoint == "https://id.example.com/end" && full.sendsIssuer)
        #expect(full.clientAuthentication == .post)
        #expect(
            try read([
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]
            ]).clientAuthentication == .basic)
        #expect(
            ProviderMetadata.url(ofIssuer: Self.issuer)
                == "https://id.example.com/.well-known/openid-configuration")
        #expect(
            ProviderMetadata.url(ofIssuer: "https://id.example.com/a/")
                == "https://id.example.com/a/.well-known/openid-configuration")
    }

    @Test(
        arguments: [
            ["issuer": "https://evil.example"], ["issuer": "https://id.example.com/"], ["issuer": .null], ["issuer": 1],
            ["token_endpoint": .null], ["token_endpoint": "http://id.example.com/token"],
            ["authorization_endpoint": "javascript:alert(1)"],
            ["authorization_endpoint": "https://a:b@id.example.com/"],
            ["jwks_uri": "file:///etc/passwd"], ["jwks_uri": "http://127.0.0.1/keys"],
            ["end_session_endpoint": "nowhere"],
            ["response_types_supported": ["id_token"]], ["code_challenge_methods_supported": ["plain"]],
        ] as [JSONObject])
    func `a document that cannot be trusted is refused`(changes: JSONObject) {
        #expect(throws: ProviderMetadata.Unusable.self) { try read(changes) }
    }

    @Test func `http is for providers on this machine only`() throws {
        let local = "http://127.0.0.1:9400"
        let changes: JSONObject = [
            "issuer": .string(local), "authorization_endpoint": "http://127.0.0.1:9400/authorize",
            "token_endpoint": "http://127.0.0.1:9400/token", "jwks_uri": "http://127.0.0.1:9400/keys",
        ]
        _ = try read(changes, issuer: local)
        var elsewhere = changes
        elsewhere["token_endpoint"] = "http://192.0.2.1/token"
        #expect(throws: ProviderMetadata.Unusable.self) { try read(elsewhere, issuer: local) }
        for text in ["", "[]", "nothing", "{"] {
            #expect(throws: ProviderMetadata.Unusable.self) {
                try ProviderMetadata(Array(text.utf8), issuer: Self.issuer)
            }
        }
    }

    @Test func `the challenge of a proof key is that of RFC 7636`() {
        let key = ProofKey(verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        #expect(key.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        #expect(ProofKey() != ProofKey() && (43...128).contains(ProofKey().verifier.utf8.count))
    }
}
