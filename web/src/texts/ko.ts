// All of src/texts/ko, a key being PAGE.KEY.
const files = import.meta.glob<Record<string, string>>("./ko/*.json", { eager: true, import: "default" });

const texts: Record<string, string> = {};
for (const [path, page] of Object.entries(files)) {
  const name = path.slice(path.lastIndexOf("/") + 1, -".json".length);
  for (const [key, text] of Object.entries(page)) texts[`${name}.${key}`] = text;
}
export default texts;
