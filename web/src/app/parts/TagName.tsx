import type { Tag } from "../../protocol.ts";

/** A tag: its name, and its colour as a dot. */
export function TagName({ tag: { name, color } }: { tag: Pick<Tag, "name" | "color"> }) {
  return (
    <span className="tag">
      <span className="tag-dot" data-color={color} aria-hidden />
      <bdi>{name}</bdi>
    </span>
  );
}
