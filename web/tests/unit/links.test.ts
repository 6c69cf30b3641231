import { expect, test } from "vitest";
import { links } from "../../src/app/chat/links.ts";

const addresses = (text: string) => links(text).flatMap(({ href }) => (href === undefined ? [] : [href]));

test("URLs are found without the punctuation around them", () => {
  expect(addresses("See https://a.example/x?y=1#z, and (http://b.example/q). https://c.example/a_(b)!")).toEqual([
    "https://a.example/x?y=1#z",
    "http://b.example/q",
    "https://c.example/a_(b)",
  ]);
});

test("only http and https URLs become links", () => {
  expect(addresses("javascript:alert(1) data:text/html,x ftp://a.example file:///etc/passwd //a.example a.example")).toEqual([]);
});

test("the parts joined together are the text", () => {
  for (const text of ["", "no address", "https://a.example", "<a href='https://a.example'>x</a> \n\thttps://b.example."]) {
    expect(links(text).map((part) => part.text).join("")).toBe(text);
  }
});
