/** A random number generator that gives the same numbers for the same seed. */
export function random(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (state ^ (state << 13)) >>> 0;
    state = (state ^ (state >>> 17)) >>> 0;
    state = (state ^ (state << 5)) >>> 0;
    return state / 2 ** 32;
  };
}

/** Returns the items in another order, with some lost and some repeated. */
export function shuffled<Item>(items: readonly Item[], next: () => number, losses = 0.2): readonly Item[] {
  return items
    .flatMap((item) => (next() < losses ? [] : next() < 0.2 ? [item, item] : [item]))
    .map((item, index) => ({ item, place: index + next() * 8 }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
