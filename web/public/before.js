// Before the first paint, so that no page flashes in the other theme. The reader's texts, and no other's, come beside the first
// script: vite.config.ts says in this script's data-texts where each language's are, "en=/assets/….js ko=/assets/….js".
(function () {
  var root = document.documentElement;
  var kept = null, rail = null, language = null;
  try {
    kept = localStorage.getItem("gale.theme");
    rail = localStorage.getItem("gale.rail");
    language = localStorage.getItem("gale.language");
  } catch (e) {}
  var dark = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "dark" : "light";
  root.dataset.rail = rail || (innerWidth < 1360 ? "closed" : "open");
  var texts = {};
  document.currentScript.dataset.texts.split(" ").forEach(function (one) { texts[one.split("=")[0]] = one.split("=")[1]; });
  root.lang = [language].concat(navigator.languages).map(function (one) { return String(one).slice(0, 2); })
    .filter(function (one) { return one in texts; })[0] || "en";
  if (!texts[root.lang]) return; // Vite's own server
  var link = document.createElement("link");
  link.rel = "modulepreload";
  link.href = texts[root.lang];
  document.head.append(link);
})();
