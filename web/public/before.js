// Before the first paint, so that no page flashes in the other theme. What the page that the address names is made of, the reader's
// texts, and no other's, and its first data come beside the first script: vite.config.ts says in this script's data-texts and data-pages where they are
// ("en=/assets/….js ko=/assets/….js", "home=/assets/….js,/assets/….css dags=…"); Vite's own server says the languages alone.
(function () {
  var root = document.documentElement, data = document.currentScript.dataset;
  var kept = null, rail = null, language = null;
  try {
    kept = localStorage.getItem("gale.theme");
    rail = localStorage.getItem("gale.rail");
    language = localStorage.getItem("gale.language");
  } catch (e) {}
  var dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "dark" : "light";
  root.dataset.rail = rail || (innerWidth < 1360 ? "closed" : "open");

  function places(text) {
    var found = {};
    (text || "").split(" ").forEach(function (one) { found[one.split("=")[0]] = one.split("=")[1] || ""; });
    return found;
  }
  var texts = places(data.texts), pages = places(data.pages), at = location.pathname.split("/");
  root.lang = [language].concat(navigator.languages).map(function (one) { return String(one).slice(0, 2); })
    .filter(function (one) { return one in texts; })[0] || "en";
  var page = at[1] === "" ? "home" : at[1] !== "dags" ? "" : !at[2] ? "dags" : at[3] !== "runs" || !at[4] ? "dag" : at[5] === "tasks" ? "task" : "run";
  var query = new URLSearchParams(location.search), overview = page === "dag" && !at[3];

  // The data first: the server has work to do. src/api/early.ts takes these answers, each once, instead of asking again.
  var asked = (window.galeAsked = {});
  function ask(url) {
    asked[url] = fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    asked[url].catch(function () {});
  }
  ask("/api/gale/v1/session");
  try {
    var id = function (n) { return encodeURIComponent(decodeURIComponent(at[n])); };
    if (page === "run" || page === "task") ask("/api/gale/v1/dags/" + id(2) + "/dagRuns/" + id(4) + "/gantt");
    if (overview) {
      ask("/api/gale/v1/dags/" + id(2) + "/structure");
      if (!query.get("type") && !query.get("state")) {
        ask("/api/gale/v1/dags/" + id(2) + "/grid?limit=" + (/^(50|100|200|400)$/.test(query.get("runs")) ? query.get("runs") : 24));
      }
    }
  } catch (e) {} // a percent sign that isn't one

  var graph = (page === "run" || overview) && !query.get("side") ? pages.graph || "" : "";
  [texts[root.lang]].concat((pages[page] || "").split(","), graph.split(",")).forEach(function (href, n, all) {
    if (!href || all.indexOf(href) < n) return;
    var link = document.createElement("link");
    link.rel = /css$/.test(href) ? "preload" : "modulepreload";
    if (link.rel === "preload") { link.as = "style"; link.crossOrigin = ""; } // as Vite asks for it
    link.href = href;
    document.head.append(link);
  });
})();
