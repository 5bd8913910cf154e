import type { Vector } from '../math/vector.ts';

/** The smallest box along the axes that holds all points. */
export interface Bounds {
  readonly least: Vector;
  readonly most: Vector;
}

/** Bytes in front of the triangles of a binary STL file, and of each triangle. */
const STL_HEADER = 84;
const STL_TRIANGLE = 50;

/**
 * The bounds of the points in a file of a mesh. Of Collada files, the arrays of
 * positions are read as they are, without what the scene in the file does to them.
 *
 * @param extension in lower case, without a dot
 * @returns `undefined` where there are no points, or the file is of another kind
 */
export function meshBounds(content: Buffer, extension: string): Bounds | undefined {
  const bounds = new GrowingBounds();
  if (extension === 'obj') readLines(content, /^[ \t]*v[ \t]+(.*)$/gm, bounds);
  else if (extension === 'stl') readStl(content, bounds);
  else if (extension === 'dae') readCollada(content.toString('utf8'), bounds);
  return bounds.all;
}

class GrowingBounds {
  readonly #least: [number, number, number] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  ];
  readonly #most: [number, number, number] = [
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];

  get all(): Bounds | undefined {
    return this.#least[0] <= this.#most[0] ? { least: this.#least, most: this.#most } : undefined;
  }

  add(...point: [x: number, y: number, z: number]): void {
    if (!point.every(Number.isFinite)) return;
    for (const axis of [0, 1, 2] as const) {
      this.#least[axis] = Math.min(this.#least[axis], point[axis]);
      this.#most[axis] = Math.max(this.#most[axis], point[axis]);
    }
  }
}

function readLines(content: Buffer, pattern: RegExp, bounds: GrowingBounds): void {
  for (const [, line = ''] of content.toString('latin1').matchAll(pattern)) {
    const [x = '', y = '', z = ''] = line.trim().split(/\s+/);
    bounds.add(Number.parseFloat(x), Number.parseFloat(y), Number.parseFloat(z));
  }
}

function readStl(content: Buffer, bounds: GrowingBounds): void {
  const count = content.length < STL_HEADER ? 0 : content.readUInt32LE(STL_HEADER - 4);
  // Both kinds may begin with the word "solid"; only the binary one has a size that follows from its count.
  if (content.length < STL_HEADER || content.length !== STL_HEADER + count * STL_TRIANGLE) {
    readLines(content, /^[ \t]*vertex[ \t]+(.*)$/gm, bounds);
    return;
  }
  for (let triangle = STL_HEADER; triangle < content.length; triangle += STL_TRIANGLE) {
    // Three numbers of a normal come first.
    for (let corner = triangle + 12; corner < triangle + 48; corner += 12) {
      bounds.add(content.readFloatLE(corner), content.readFloatLE(corner + 4), content.readFloatLE(corner + 8));
    }
  }
}

function readCollada(text: string, bounds: GrowingBounds): void {
  const unit = Number(/<unit\b[^>]*\bmeter="([^"]*)"/.exec(text)?.[1] ?? 1);
  const sources = new Set(
    [...text.matchAll(/<input\b[^>]*>/g)].flatMap(([input]) =>
      /\bsemantic="POSITION"/.test(input) ? (/\bsource="#([^"]*)"/.exec(input)?.[1] ?? []) : [],
    ),
  );
  for (const [, id = '', numbers = ''] of text.matchAll(
    /<source\b[^>]*\bid="([^"]*)"[^>]*>\s*<float_array\b[^>]*>([^<]*)<\/float_array>/g,
  )) {
    if (!sources.has(id)) continue;
    const values = numbers.trim().split(/\s+/).map(Number);
    for (let index = 0; index + 2 < values.length; index += 3) {
      bounds.add(values[index]! * unit, values[index + 1]! * unit, values[index + 2]! * unit);
    }
  }
}
