import { links } from "./links.ts";

/** Text as it was written, in which addresses can be followed. Never markup. */
export function Linkified({ text }: { text: string }) {
  return links(text).map((part, index) =>
    part.href === undefined ? (
      part.text
    ) : (
      <a key={index} href={part.href} target="_blank" rel="noopener noreferrer nofollow">
        {part.text}
      </a>
    ),
  );
}
