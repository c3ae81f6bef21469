/// A page with the main figures of `/stats`. It loads nothing from elsewhere.
enum StatisticsPage {
    struct File: Sendable {
        let content: String
        let mediaType: String
    }

    static let files = [
        "app.js": File(content: script, mediaType: "text/javascript; charset=utf-8"),
        "style.css": File(content: style, mediaType: "text/css; charset=utf-8"),
    ]

    /// - Parameters:
    ///   - service: The name of the service.
    ///   - statistics: Where the figures are, relative to the page.
    ///   - assets: Where the files of the page are, relative to it.
    static func html(service: String, statistics: String, assets: String) -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>\(service) - statistics</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="stylesheet" href="\(assets)style.css"></head>
        <body data-statistics="\(statistics)"><h1>\(service)</h1>
        <form id="login" hidden><label>Token <input id="token" type="password" autocomplete="off"></label>
        <button>Show</button></form>
        <p id="state" role="status">Loading</p>
        <section id="figures"></section>
        <h2>Requests in the last hour</h2><svg id="timeline" viewBox="0 0 600 120" role="img"
        aria-label="Requests by minute"></svg>
        <h2>Operations</h2><table id="operations"></table>
        <h2>Errors by status</h2><table id="statuses"></table>
        <h2>Last errors</h2><table id="errors"></table>
        <h2>Longest requests</h2><table id="longest"></table>
        <script src="\(assets)app.js"></script></body></html>
        """
    }

    private static let style = """
        body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#1d2733}
        h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}
        #figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.75rem}
        .figure{border:1px solid #d5dce4;border-radius:.4rem;padding:.5rem .75rem}
        .figure b{display:block;font-size:1.3rem}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #e4e9ee}
        td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
        svg{width:100%;height:8rem;border:1px solid #d5dce4;border-radius:.4rem}
        rect{fill:#2f6f9f}rect.error{fill:#b3372f}
        """

    private static let script = """
        "use strict";
        const byID = (id) => document.getElementById(id);
        let token = "";

        function element(name, text, className) {
          const made = document.createElement(name);
          if (text !== undefined) made.textContent = text;
          if (className) made.className = className;
          return made;
        }

        function number(value, digits = 0) {
          return Number(value).toLocaleString("en-US", {maximumFractionDigits: digits});
        }

        function fill(id, heads, rows) {
          const table = byID(id);
          table.replaceChildren();
          const head = element("tr");
          for (const [text, isNumber] of heads) head.append(element("th", text, isNumber ? "number" : ""));
          table.append(head);
          for (const row of rows) {
            const line = element("tr");
            row.forEach((text, index) => line.append(element("td", text, heads[index][1] ? "number" : "")));
            table.append(line);
          }
          if (rows.length === 0) table.replaceChildren(element("caption", "None"));
        }

        function showFigures(stats) {
          const all = stats.all;
          const figures = [
            ["Requests", number(all.requests)], ["Requests per second", number(all.req_rate, 2)],
            ["Errors", number(all.errors)], ["4xx", number(all.client_error)], ["5xx", number(all.server_error)],
            ["Average time", number(all.avg_time, 2) + " ms"], ["Longest time", number(all.max_time, 1) + " ms"],
            ["Apdex", number(all.apdex_score, 3)], ["Memory", number(stats.sys.rss / 1048576, 1) + " MB"],
            ["CPU", number(stats.sys.cpu, 1) + " %"], ["Delay of work", number(stats.sys.lag, 2) + " ms"],
          ];
          byID("figures").replaceChildren(...figures.map(([name, value]) => {
            const box = element("div", undefined, "figure");
            box.append(element("b", value), element("span", name));
            return box;
          }));
        }

        function showTimeline(timeline) {
          const minutes = Object.keys(timeline.data).sort();
          const highest = Math.max(1, ...minutes.map((minute) => timeline.data[minute].stats.responses));
          const bars = [];
          minutes.forEach((minute, index) => {
            const stats = timeline.data[minute].stats;
            for (const [count, className] of [[stats.responses, ""], [stats.errors, "error"]]) {
              const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
              const height = 120 * count / highest;
              bar.setAttribute("x", index * 10 + 1);
              bar.setAttribute("width", 8);
              bar.setAttribute("y", 120 - height);
              bar.setAttribute("height", height);
              bar.setAttribute("class", className);
              bars.push(bar);
            }
          });
          byID("timeline").replaceChildren(...bars);
        }

        function requestRow(request) {
          return [request["@timestamp"], request.method, request.api.path || request.path, request.http.response.code,
            number(request.responsetime, 2), request.request_id];
        }

        function show(stats) {
          showFigures(stats);
          showTimeline(stats.timeline);
          const operations = [];
          for (const [path, methods] of Object.entries(stats.apistats)) {
            for (const [method, figures] of Object.entries(methods)) {
              operations.push([method, path, number(figures.requests), number(figures.errors),
                number(figures.avg_time, 2), number(figures.max_time, 1), number(figures.apdex_score, 3)]);
            }
          }
          fill("operations", [["Method"], ["Path"], ["Requests", true], ["Errors", true], ["Average ms", true],
            ["Longest ms", true], ["Apdex", true]], operations);
          fill("statuses", [["Status"], ["Responses", true]],
            Object.entries(stats.errors.statuscode).map(([code, count]) => [code, number(count)]));
          const heads = [["Time"], ["Method"], ["Path"], ["Status"], ["ms", true], ["Request"]];
          fill("errors", heads, stats.lasterrors.slice().reverse().map(requestRow));
          fill("longest", heads, stats.longestreq.slice().reverse().map(requestRow));
        }

        async function load() {
          const headers = token ? {Authorization: "Bearer " + token} : {};
          try {
            const fields = "timeline,apistats,errors,lasterrors,longestreq";
            const response = await fetch(document.body.dataset.statistics + "?fields=" + fields,
              {headers, cache: "no-store", credentials: "same-origin"});
            byID("login").hidden = response.ok;
            if (!response.ok) {
              byID("state").textContent = response.status === 401 ? "A token of an operator is needed."
                : response.status === 403 ? "The token lacks the permission." : "Error " + response.status;
              return;
            }
            show(await response.json());
            byID("state").textContent = "As of " + new Date().toLocaleTimeString();
          } catch (error) {
            byID("state").textContent = "The service does not respond.";
          }
        }

        byID("login").addEventListener("submit", (event) => {
          event.preventDefault();
          token = byID("token").value.trim();
          byID("token").value = "";
          load();
        });
        load();
        setInterval(() => { if (byID("login").hidden) load(); }, 10000);
        """
}
