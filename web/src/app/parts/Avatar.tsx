const HUES = 8;

/** A person's initials on a colour that is derived from the name. */
export function Avatar({ name, small = false }: { name: string; small?: boolean }) {
  const initials = name
    .split(/\s+/)
    .map((word) => [...word][0] ?? "")
    .slice(0, 2)
    .join("");
  const hue = [...name].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0) % HUES;
  return (
    <span className="avatar" data-hue={hue} data-small={small || undefined} aria-hidden>
      {initials.toUpperCase()}
    </span>
  );
}
