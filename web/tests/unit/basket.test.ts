import { expect, test } from "vitest";
import { BasketStore } from "../../src/app/basket.ts";
import { MemoryStorage } from "../../src/app/memory-storage.ts";

const MIA = { userId: "mia", role: "customer" } as const;
const LEO = { userId: "leo", role: "customer" } as const;
const BASKET = { quantities: { "LMP-100": 2 }, note: "Ring twice", key: "key-1" };

test("a stored basket belongs to one person", () => {
  const storage = new MemoryStorage();
  new BasketStore(storage, MIA).save(BASKET);
  expect(new BasketStore(storage, MIA).load()).toEqual(BASKET);
  expect(new BasketStore(storage, LEO).load()).toBeUndefined();
});

test("a placed order removes its basket, but not a basket that was changed meanwhile", () => {
  const storage = new MemoryStorage();
  const store = new BasketStore(storage, MIA);
  store.save({ ...BASKET, key: "key-2" });
  store.ordered("key-1");
  expect(store.load()?.key).toBe("key-2");
  store.ordered("key-2");
  expect(storage.length).toBe(0);
});

test.each(["", "{", "null", "[]", '{"quantities":null,"note":"","key":""}', '{"quantities":{},"note":1,"key":"k"}'])("invalid stored data gives no basket: %s", (text) => {
  const storage = new MemoryStorage();
  storage.setItem("order-chat/basket/customer/mia", text);
  expect(new BasketStore(storage, MIA).load()).toBeUndefined();
});

test("products that are no longer sold and quantities that cannot be ordered are left out", () => {
  const storage = new MemoryStorage();
  const quantities = { "LMP-100": 2, "GONE-1": 1, "CHR-210": -1, "MUG-032": 1.5, "PLT-077": 100, "HDP-400": "1" };
  storage.setItem("order-chat/basket/customer/mia", JSON.stringify({ ...BASKET, quantities }));
  expect(new BasketStore(storage, MIA).load()?.quantities).toEqual({ "LMP-100": 2 });
});

test("a full storage does not throw", () => {
  const storage = new MemoryStorage();
  storage.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  expect(() => new BasketStore(storage, MIA).save(BASKET)).not.toThrow();
});
