/** The visible part of the page, in CSS pixels. */
export interface VisibleArea {
  readonly top: number;
  readonly height: number;
}

/**
 * Smallest height of an on-screen keyboard, in pixels. Browser toolbars that appear and disappear
 * are smaller.
 */
const MIN_KEYBOARD_HEIGHT = 120;

/**
 * Returns the part of the page that an on-screen keyboard leaves visible. Returns `undefined`
 * without a keyboard and while the page is zoomed in. `pageHeight` is the layout height of the
 * page, in pixels.
 */
export function visibleAreaAboveKeyboard(viewport: Pick<VisualViewport, "height" | "offsetTop" | "scale">, pageHeight: number): VisibleArea | undefined {
  const zoomed = Math.abs(viewport.scale - 1) > 0.01;
  if (zoomed || pageHeight - viewport.height < MIN_KEYBOARD_HEIGHT) return undefined;
  return { top: viewport.offsetTop, height: viewport.height };
}

/**
 * Keeps the CSS variables `--visible-height` and `--visible-top` up to date. Safari on iOS shows
 * the keyboard over the page and scrolls the page up. Other browsers make the page smaller and need
 * neither variable.
 */
export function trackKeyboard(): void {
  const viewport = globalThis.visualViewport;
  if (viewport === null || viewport === undefined) return;
  const { style } = document.documentElement;
  const update = () => {
    const area = visibleAreaAboveKeyboard(viewport, innerHeight);
    if (area === undefined) {
      style.removeProperty("--visible-height");
      style.removeProperty("--visible-top");
    } else {
      style.setProperty("--visible-height", `${area.height}px`);
      style.setProperty("--visible-top", `${area.top}px`);
    }
  };
  viewport.addEventListener("resize", update);
  viewport.addEventListener("scroll", update);
  update();
}
