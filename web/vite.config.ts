import { readdirSync, realpathSync } from "node:fs";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// `npm run dev` hands what isn't the pages' own to a master: GALE_MASTER, or the one of ./dev up.
const master = process.env.GALE_MASTER ?? "http://127.0.0.1:8080";
const toMaster = { target: master, changeOrigin: false };

// Tells before.js, which stands before all scripts, where each language's texts are, and what the pages that people open first are made of.
const languages = readdirSync(new URL("src/texts", import.meta.url)).filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
const first = { ...Object.fromEntries(["home", "dags", "dag", "run", "task"].map((one) => [one, `pages/${one}/index`])), graph: "graph/Graph" };
const whatComesFirst: Plugin = {
  name: "what-comes-first",
  transformIndexHtml: {
    order: "post",
    handler: (html, { bundle }) => {
      const chunks = Object.values(bundle ?? {}).filter((one) => one.type === "chunk");
      const partsOf = (chunk: (typeof chunks)[number], seen = new Set<string>()): Set<string> => {
        if (chunk.isEntry || seen.has(chunk.fileName)) return seen;
        seen.add(chunk.fileName);
        for (const css of chunk.viteMetadata?.importedCss ?? []) seen.add(css);
        for (const name of chunk.imports) partsOf(chunks.find((made) => made.fileName === name)!, seen);
        return seen;
      };
      const pages = Object.entries(first).flatMap(([one, module]) => {
        const chunk = chunks.find((made) => made.moduleIds.some((id) => id.endsWith(`/src/${module}.tsx`)));
        return chunk ? `${one}=${[...partsOf(chunk)].map((name) => `/${name}`).join()}` : [];
      });
      const places = languages.map((one) => {
        const chunk = chunks.find((made) => made.facadeModuleId?.endsWith(`/src/texts/${one}.json`));
        return chunk ? `${one}=/${chunk.fileName}` : one;
      });
      return html.replace('src="/before.js"', `src="/before.js" data-texts="${places.join(" ")}" data-pages="${pages.join(" ")}"`);
    },
  },
};

export default defineConfig({
  plugins: [react(), whatComesFirst],
  cacheDir: "../build/vite", // a checkout's own: node_modules may be a link to another's
  build: {
    outDir: "../build/web",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 1600, // ELK, which a worker loads
    assetsInlineLimit: 0, // the content security policy lets nothing inline in
  },
  server: {
    fs: { allow: [".", realpathSync(new URL("node_modules", import.meta.url))] },
    proxy: { "/api": toMaster, "/auth": toMaster, "/metrics": toMaster, "/openapi.json": toMaster },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"] },
});
