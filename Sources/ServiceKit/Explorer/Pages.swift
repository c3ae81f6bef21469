/// The page at `/`.
enum HomePage {
    static func html(serviceName: String) -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>\(serviceName)</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <style>body{font:16px/1.5 system-ui,sans-serif;margin:10vh auto;max-width:36rem;padding:0 1rem}
        a{color:#0b5fa5}li{margin:.4rem 0}</style></head>
        <body><h1>\(serviceName)</h1>
        <ul><li><a href="/explorer">Explorer</a>: try the API in the browser</li>
        <li><a href="/openapi.json">OpenAPI document</a></li>
        <li><a href="/health/ready">Health</a></li>
        <li><a href="/ping">Ping</a></li></ul></body></html>
        """
    }
}

/// The page at `/explorer`: Swagger UI over the service's own document, nothing from elsewhere.
enum ExplorerPage {
    static func html(serviceName: String, hasAssets: Bool) -> String {
        let head = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>\(serviceName) - explorer</title>
            """
        guard hasAssets else {
            return head + """
                </head><body><h1>The explorer is not installed</h1>
                <p>Run <code>make deps</code>, which fetches Swagger UI from its package, and start the service with
                <code>EXPLORER_ASSETS_PATH</code> set to the folder it names.
                The document itself is at <a href="/openapi.json">/openapi.json</a>.</p></body></html>
                """
        }
        return head + """
            <link rel="stylesheet" href="/explorer/swagger-ui.css">
            <link rel="icon" type="image/png" href="/explorer/favicon-32x32.png"></head>
            <body><div id="explorer"></div>
            <script src="/explorer/swagger-ui-bundle.js"></script>
            <script src="/explorer/swagger-ui-standalone-preset.js"></script>
            <script src="/explorer/initializer.js"></script></body></html>
            """
    }

    /// Starts Swagger UI. A separate file, so that the page needs no inline scripts.
    static let initializer = """
        SwaggerUIBundle({url: "/openapi.json", dom_id: "#explorer", deepLinking: true, persistAuthorization: true,
          validatorUrl: null, presets: [SwaggerUIBundle.presets.apis]});
        """
}
