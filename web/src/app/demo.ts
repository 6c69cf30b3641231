import type { Person } from "../protocol.ts";

/** A person of the demo. An agent is an admin who may not change what the shop has set. */
export type DemoPerson = Person & { readonly agent?: true };

/** The people of the demo. */
export const PEOPLE: readonly DemoPerson[] = [
  { userId: "mia", role: "customer", name: "Mia Berger" },
  { userId: "jonas", role: "customer", name: "Jonas Keller" },
  { userId: "aisha", role: "customer", name: "Aisha Rahman" },
  { userId: "leo", role: "customer", name: "Leo Martin" },
  { userId: "grace", role: "admin", name: "Grace Okafor" },
  { userId: "tom", role: "admin", name: "Tom Lindqvist" },
  { userId: "ines", role: "admin", name: "Ines Costa", agent: true },
];

/** A product of the demo shop. */
export interface Product {
  readonly sku: string;
  readonly title: string;
  readonly about: string;
  /** The price in cents. */
  readonly price: number;
  /** The file name in `public/products`. */
  readonly picture: string;
}

/** The currency of all prices in the demo shop. */
export const CURRENCY = "EUR";

/** The products of the demo shop. */
export const PRODUCTS: readonly Product[] = [
  { sku: "LMP-100", title: "Desk lamp", about: "Warm light, brass joints", price: 8900, picture: "lamp.svg" },
  { sku: "CHR-210", title: "Reading chair", about: "Beech and wool", price: 32900, picture: "chair.svg" },
  { sku: "MUG-032", title: "Stoneware mug", about: "Holds 350 ml", price: 1850, picture: "mug.svg" },
  { sku: "PLT-077", title: "Rubber plant", about: "60 cm, in a clay pot", price: 4200, picture: "plant.svg" },
  { sku: "HDP-400", title: "Headphones", about: "Over the ear, 30 hours", price: 14900, picture: "headphones.svg" },
  { sku: "CLK-015", title: "Wall clock", about: "Silent, 28 cm", price: 5600, picture: "clock.svg" },
];
