import { links } from "./links.ts";

/** Plain text in which URLs are links. HTML is not interpreted. */
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
