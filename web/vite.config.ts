import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm run dev` finds the API: a `cargo run` beside it. The WebSocket needs no way, its address comes with the ticket. */
const api = process.env["ORDER_CHAT_URL"] ?? "http://127.0.0.1:3000";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2023",
    // The Content-Security-Policy allows files only, nothing that is written into a page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": api, "/dev": api } },
});
