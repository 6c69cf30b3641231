/**
 * Returns the origin of the REST API from `/config.json`, where `/` means the page's own origin.
 * The same build can therefore be deployed anywhere. The WebSocket's address comes with each
 * ticket.
 */
export async function apiOrigin(): Promise<string> {
  const response = await fetch("/config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`/config.json: ${response.status}`);
  const { api } = (await response.json()) as { api: string };
  return new URL(api, location.origin).origin;
}
