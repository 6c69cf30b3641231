import { expect, test } from "vitest";
import { MOST_SELECTED, NONE_SELECTED, extended, toggled, withAll, without } from "../../src/app/orders/selection.ts";
import { random } from "./random.ts";

const LISTED = ["a", "b", "c", "d", "e"];
const ids = ({ ids: selected }: { ids: ReadonlySet<string> }) => [...selected].sort().join("");

test("a range goes from what was selected last to the clicked one, in both directions, and keeps the rest", () => {
  const one = toggled(NONE_SELECTED, "b");
  expect(ids(extended(one, "d", LISTED))).toBe("bcd");
  expect(ids(extended(toggled(one, "e"), "c", LISTED))).toBe("bcde");
  // A second range begins at the same place.
  expect(ids(extended(extended(one, "d", LISTED), "a", LISTED))).toBe("abcd");
});

test("a range without a beginning in the list is one conversation, and one that is not in the list changes nothing", () => {
  expect(ids(extended(NONE_SELECTED, "c", LISTED))).toBe("c");
  expect(ids(extended(toggled(NONE_SELECTED, "gone"), "c", LISTED))).toBe("cgone");
  expect(ids(extended(toggled(NONE_SELECTED, "a"), "gone", LISTED))).toBe("a");
});

test("selecting twice selects no more, and at most a thousand are selected", () => {
  expect(ids(toggled(toggled(NONE_SELECTED, "a"), "a"))).toBe("");
  const many = Array.from({ length: MOST_SELECTED + 50 }, (_, index) => `cnv_${index}`);
  const all = withAll(toggled(NONE_SELECTED, "first"), many);
  expect(all.ids.size).toBe(MOST_SELECTED);
  expect(all.ids.has("first")).toBe(true);
});

test("what leaves the list leaves the selection, and nothing else changes", () => {
  const selection = withAll(NONE_SELECTED, LISTED);
  expect(ids(without(selection, (id) => id === "c"))).toBe("abde");
  expect(without(selection, () => false)).toBe(selection);
});

test("any steps select only what is listed or was toggled", () => {
  const next = random(7);
  let selection = NONE_SELECTED;
  const touched = new Set<string>();
  for (let step = 0; step < 2_000; step += 1) {
    const id = LISTED[Math.floor(next() * LISTED.length)] ?? "a";
    const before = selection.ids;
    if (next() < 0.5) selection = toggled(selection, id);
    else {
      selection = extended(selection, id, LISTED);
      expect([...before].every((each) => selection.ids.has(each))).toBe(true);
      expect(selection.ids.has(id)).toBe(true);
    }
    for (const each of selection.ids) touched.add(each);
  }
  expect([...touched].every((id) => LISTED.includes(id))).toBe(true);
});
