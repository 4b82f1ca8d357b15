// Before the first paint, so that no page flashes in the other theme.
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
  root.lang = language || (navigator.language.slice(0, 2) === "ko" ? "ko" : "en");
})();
