/**
 * Where the pictures of the demonstration's orders seem to be. The protocol wants an https address, and this page loads nothing from another
 * host: for addresses under this name, which is reserved for examples and belongs to nobody, it shows its own file of the same name.
 */
const SHOP = "https://shop.example/products/";

/** The address that an order carries for a picture of the demonstration. */
export function pictureUrl(file: string): string {
  return SHOP + file;
}

/** The page's own file for a picture's address; `undefined` for every other address: those are not loaded. */
export function ownPicture(imageUrl: string | undefined): string | undefined {
  if (imageUrl?.startsWith(SHOP) !== true) return undefined;
  const file = imageUrl.slice(SHOP.length);
  return /^[a-z-]+\.svg$/.test(file) ? `/products/${file}` : undefined;
}
