import { realpathSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` hands what isn't the pages' own to a master: GALE_MASTER, or the one of ./dev up.
const master = process.env.GALE_MASTER ?? "http://127.0.0.1:8080";
const toMaster = { target: master, changeOrigin: false };

export default defineConfig({
  plugins: [react()],
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
