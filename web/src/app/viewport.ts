/** What is visible of the page, in pixels of the page. */
export interface VisibleArea {
  readonly top: number;
  readonly height: number;
}

/** Toolbars that come and go change less than this, in pixels; every on-screen keyboard takes more. */
const KEYBOARD = 120;

/**
 * The part of the page that an on-screen keyboard leaves visible; `undefined` without one, and while somebody has zoomed in.
 * `pageHeight` is the height that the page is laid out for.
 */
export function besideKeyboard(viewport: Pick<VisualViewport, "height" | "offsetTop" | "scale">, pageHeight: number): VisibleArea | undefined {
  const zoomed = Math.abs(viewport.scale - 1) > 0.01;
  if (zoomed || pageHeight - viewport.height < KEYBOARD) return undefined;
  return { top: viewport.offsetTop, height: viewport.height };
}

/**
 * Keeps `--visible-height` and `--visible-top` of the document. Safari on iOS lays its keyboard over the page and pushes the page up
 * instead of making it smaller; browsers that make it smaller need neither.
 */
export function followKeyboard(): void {
  const viewport = globalThis.visualViewport;
  if (viewport === null || viewport === undefined) return;
  const { style } = document.documentElement;
  const follow = () => {
    const area = besideKeyboard(viewport, innerHeight);
    if (area === undefined) {
      style.removeProperty("--visible-height");
      style.removeProperty("--visible-top");
    } else {
      style.setProperty("--visible-height", `${area.height}px`);
      style.setProperty("--visible-top", `${area.top}px`);
    }
  };
  viewport.addEventListener("resize", follow);
  viewport.addEventListener("scroll", follow);
  follow();
}
