/** The page that a person went to last: by a link, by what they did elsewhere, or by Back. */
let path: string | undefined;

const watchers = new Set<() => void>();

function became(next: string | undefined): void {
  path = next;
  for (const watcher of watchers) watcher();
}

document.addEventListener(
  "click",
  (event) => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href]") : null;
    if (link?.origin === location.origin) became(link.pathname);
  },
  { capture: true },
);
// The router sends these. A route that opens by itself replaces the one before.
addEventListener("pushState", () => became(location.pathname));
addEventListener("popstate", () => became(location.pathname));
addEventListener("replaceState", () => {
  if (path !== location.pathname) became(undefined);
});

/** Whether a person opened the page that is shown: not so after a page load, a log-in, or where a route opened by itself. */
export function isOpenedByPerson(): boolean {
  return path === location.pathname;
}

/** Calls `watcher` whenever that may have changed; answers how to end it. */
export function watchOpened(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}
