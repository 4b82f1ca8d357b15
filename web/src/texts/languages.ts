// A language is a file beside this one, and a line here.
export const languages = {
  en: { name: "English", texts: () => import("./en.json") },
  ko: { name: "한국어", texts: () => import("./ko.json") },
};
export type Language = keyof typeof languages;
