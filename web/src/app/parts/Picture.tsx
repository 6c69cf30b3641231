import { Package } from "lucide-react";
import { ownPicture } from "../pictures.ts";

/**
 * An order's picture, or a parcel icon if the page has no such file. It is decorative: the title is
 * beside it.
 */
export function Picture({ imageUrl, size }: { imageUrl?: string | undefined; size: number }) {
  const file = ownPicture(imageUrl);
  return (
    <span className="picture" data-size={size}>
      {file === undefined ? <Package size={size / 2} aria-hidden /> : <img src={file} alt="" width={size} height={size} />}
    </span>
  );
}
