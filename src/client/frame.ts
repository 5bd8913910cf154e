/** The new fields of one node. */
export interface NodeUpdate {
  /** As in the scene's XML, e.g. `n12`. */
  readonly id: string;
  /** By field name; vectors are numbers with spaces between them. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A text over the picture. */
export interface Label {
  readonly id: number;
  readonly text: string;
  readonly font: string;
  /** `r,g,b,a`, with colours from 0 to 255 and alpha from 0 to 1. */
  readonly rgba: string;
  /** As a part of the picture's height. */
  readonly size: number;
  readonly x: number;
  readonly y: number;
}

/** What has changed since the frame before. */
export interface Frame {
  /** Simulated milliseconds since the start or the last reset. */
  readonly time: number;
  readonly updates: readonly NodeUpdate[];
  readonly labels: readonly Label[];
}

/** Reads the JSON of a frame, in the spelling of every release (`updates`, before `poses`); `undefined` if it is none. */
export function readFrame(json: string): Frame | undefined {
  const value = parse(json);
  if (typeof value !== 'object' || value === null) return undefined;
  const { time, updates, poses, labels } = value as Record<string, unknown>;
  if (typeof time !== 'number' || !Number.isFinite(time)) return undefined;
  return { time, updates: list(updates ?? poses).flatMap(nodeUpdate), labels: list(labels).flatMap(label) };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Told by the caller, which has the whole message.
    return undefined;
  }
}

function list(value: unknown): Record<string, unknown>[] {
  if (!Array.isArray(value)) return [];
  return value.filter((entry) => typeof entry === 'object' && entry !== null);
}

function nodeUpdate({ id, ...rest }: Record<string, unknown>): NodeUpdate[] {
  const [, number] = /^n?(\d+)$/.exec(String(id)) ?? [];
  if (number === undefined) return [];
  const fields = Object.fromEntries(Object.entries(rest).map(([name, field]) => [name, String(field)]));
  return [{ id: `n${number}`, fields }];
}

function label({ id, text, font, rgba, size, x, y }: Record<string, unknown>): Label[] {
  if (typeof id !== 'number' || typeof text !== 'string') return [];
  return [
    {
      id,
      text,
      font: typeof font === 'string' ? font : 'Arial',
      rgba: typeof rgba === 'string' ? rgba : '0,0,0,1',
      size: finite(size),
      x: finite(x),
      y: finite(y),
    },
  ];
}

function finite(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
