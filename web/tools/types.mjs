// Writes src/api/types.ts from the API's document: `npm run types`. A test holds both together.
import { readFileSync, writeFileSync } from "node:fs";
import openapi, { astToString } from "openapi-typescript";

const source = new URL("../../master/api/http/openapi.json", import.meta.url);
const document = JSON.parse(readFileSync(source, "utf8"), (key, value) => (key.startsWith("x-gale") ? undefined : value));
const text = `// Made of master/api/http/openapi.json by \`npm run types\`: not to be edited.\n${astToString(await openapi(document, { propertiesRequiredByDefault: true }))}`;
if (process.argv[2] === "--print") process.stdout.write(text);
else writeFileSync(new URL("../src/api/types.ts", import.meta.url), text);
