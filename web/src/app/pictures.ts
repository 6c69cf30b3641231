/**
 * Base URL of the demo products' pictures. The protocol requires an https URL, but this page loads
 * no images from other hosts. For URLs below this reserved example host the page shows its own file
 * with the same name.
 */
const SHOP = "https://shop.example/products/";

/** Returns the image URL to store in an order for a demo picture. */
export function pictureUrl(file: string): string {
  return SHOP + file;
}

/** Returns the page's own file for an image URL. Other URLs give `undefined` and are not loaded. */
export function ownPicture(imageUrl: string | undefined): string | undefined {
  if (imageUrl?.startsWith(SHOP) !== true) return undefined;
  const file = imageUrl.slice(SHOP.length);
  return /^[a-z-]+\.svg$/.test(file) ? `/products/${file}` : undefined;
}
