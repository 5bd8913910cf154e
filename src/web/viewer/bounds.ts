/** What a scene may cost the browser; all figures are our choice. */

/** Most nodes of a scene; what comes after them is left out. */
export const MOST_NODES = 20_000;

/** Deepest nesting of nodes. */
export const MOST_DEPTH = 100;

/** Longest XML of a scene or a node, in characters. */
export const LONGEST_XML = 64 * 1024 * 1024;

/** Largest texture or mesh file, in bytes. */
export const MOST_ASSET_BYTES = 32 * 1024 * 1024;

/** Longest edge of a texture on the graphics card, in pixels; larger ones are scaled down. */
export const LONGEST_TEXTURE_EDGE = 4096;

/** Most numbers of one list, such as the points of a mesh. */
export const MOST_NUMBERS = 6_000_000;

/** Most triangles of one geometry. */
export const MOST_TRIANGLES = 1_000_000;

/** Most segments around a round shape. */
export const MOST_SEGMENTS = 128;

/** Most lights that are lit: shaders hold all of them. */
export const MOST_LIGHTS = 16;

/** … of which this many cast shadows. */
export const MOST_SHADOWS = 2;

/** Edge of a shadow map, in pixels. */
export const SHADOW_MAP_EDGE = 2048;

/** Most pixels of the picture for each CSS pixel, in one direction. */
export const MOST_PIXEL_RATIO = 2;

/** Most elements of the belt of one track. */
export const MOST_BELT_ELEMENTS = 500;

/** Most texts over the picture. */
export const MOST_LABELS = 100;

/** Longest text over the picture, in characters. */
export const LONGEST_LABEL = 2000;

/** Longest time for which a move is drawn out, in ms: frames that come less often are shown as they come. */
export const LONGEST_INTERPOLATION = 120;

/** Longest wait for a texture or mesh, in ms. */
export const ASSET_TIMEOUT = 30_000;
