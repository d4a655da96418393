// What a phone keeps without a network, as the service worker calls it (which imports nothing and names them itself).
export const PAGES = "ansu-pages-1";
export const MEDIA = "ansu-media-1";
