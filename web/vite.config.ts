import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/**
 * The API that `npm run dev` uses, by default the one of a running `cargo run`. The WebSocket needs
 * no proxy because each ticket contains its address.
 */
const api = process.env["ORDER_CHAT_URL"] ?? "http://127.0.0.1:3000";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2023",
    // The Content-Security-Policy allows no inlined assets.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": api, "/dev": api } },
});
