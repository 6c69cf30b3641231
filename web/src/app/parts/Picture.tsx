import { Package } from "lucide-react";
import { ownPicture } from "../pictures.ts";

/** An order's picture, or a parcel where this page has none of its own. The title beside it says what it shows. */
export function Picture({ imageUrl, size }: { imageUrl?: string | undefined; size: number }) {
  const file = ownPicture(imageUrl);
  return (
    <span className="picture" data-size={size}>
      {file === undefined ? <Package size={size / 2} aria-hidden /> : <img src={file} alt="" width={size} height={size} />}
    </span>
  );
}
