/**
 * Where the REST API is, as whoever serves the page says in `/config.json`: an address, or `/` for the page's own origin. The same
 * built files so work everywhere. The WebSocket's address comes with each ticket.
 */
export async function apiOrigin(): Promise<string> {
  const response = await fetch("/config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`/config.json: ${response.status}`);
  const { api } = (await response.json()) as { api: string };
  return new URL(api, location.origin).origin;
}
