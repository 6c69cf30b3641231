/** The path that a person navigated to last. */
let path: string | undefined;

const watchers = new Set<() => void>();

function navigatedTo(next: string | undefined): void {
  path = next;
  for (const watcher of watchers) watcher();
}

document.addEventListener(
  "click",
  (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href]") : null;
    if (link?.origin === location.origin) navigatedTo(link.pathname);
  },
  { capture: true },
);
// The router dispatches these events. A route that opens by itself uses `replaceState`.
addEventListener("pushState", () => navigatedTo(location.pathname));
addEventListener("popstate", () => navigatedTo(location.pathname));
addEventListener("replaceState", () => {
  if (path !== location.pathname) navigatedTo(undefined);
});

/**
 * Returns true if a person navigated to the current page. False after a page load, after a log-in,
 * and if a route opened by itself.
 */
export function isOpenedByPerson(): boolean {
  return path === location.pathname;
}

/**
 * Calls `watcher` whenever {@link isOpenedByPerson} may have changed. Returns a function that
 * unsubscribes.
 */
export function watchOpened(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
