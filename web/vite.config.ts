import { readdirSync, realpathSync } from "node:fs";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// `npm run dev` hands what isn't the pages' own to a master: GALE_MASTER, or the one of ./dev up.
const master = process.env.GALE_MASTER ?? "http://127.0.0.1:8080";
const toMaster = { target: master, changeOrigin: false };

// Tells before.js, which stands before all scripts, where each language's texts are.
const languages = readdirSync(new URL("src/texts", import.meta.url)).filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length));
const whereTextsAre: Plugin = {
  name: "where-texts-are",
  transformIndexHtml: {
    order: "post",
    handler: (html, { bundle }) => {
      const chunks = Object.values(bundle ?? {}).filter((one) => one.type === "chunk");
      const places = languages.map((one) => {
        const chunk = chunks.find((made) => made.facadeModuleId?.endsWith(`/src/texts/${one}.json`));
        return chunk ? `${one}=/${chunk.fileName}` : one;
      });
      return html.replace('src="/before.js"', `src="/before.js" data-texts="${places.join(" ")}"`);
    },
  },
};

export default defineConfig({
  plugins: [react(), whereTextsAre],
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
