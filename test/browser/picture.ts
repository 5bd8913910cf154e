import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** Red, green and blue, 0 to 255. */
export type Pixel = readonly [number, number, number];

/** The picture of the simulation as a PNG. */
export function picture(page: Page): Promise<Buffer> {
  return page.locator('#picture canvas').screenshot();
}

/** The pixels of the picture at places given as parts of its width and height from the upper left corner. */
export async function pixelsAt(page: Page, places: readonly (readonly [number, number])[]): Promise<Pixel[]> {
  const url = `data:image/png;base64,${(await picture(page)).toString('base64')}`;
  const script = `(async () => {
    const image = new Image();
    image.src = ${JSON.stringify(url)};
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    return ${JSON.stringify(places)}.map(([x, y]) =>
      [...context.getImageData(Math.floor(x * image.width), Math.floor(y * image.height), 1, 1).data].slice(0, 3));
  })()`;
  return await page.evaluate<Pixel[]>(script);
}

/** `red`, `green` or `blue` where one of them is much the strongest, `black` or `other`. */
export function nameOf([red, green, blue]: Pixel): string {
  if (Math.max(red, green, blue) < 30) return 'black';
  const [first, second] = [red, green, blue].toSorted((a, b) => b - a) as [number, number];
  if (first < 1.5 * second) return 'other';
  return first === red ? 'red' : first === green ? 'green' : 'blue';
}

/** Waits until the picture has these colours at these places. */
export async function expectColours(
  page: Page,
  expected: Readonly<Record<string, { readonly at: readonly [number, number]; readonly colour: string }>>,
): Promise<void> {
  const entries = Object.entries(expected);
  const colours = async () => {
    const pixels = await pixelsAt(
      page,
      entries.map(([, { at }]) => at),
    );
    return Object.fromEntries(entries.map(([name], index) => [name, nameOf(pixels[index]!)]));
  };
  const wanted = Object.fromEntries(entries.map(([name, { colour }]) => [name, colour]));
  await expect.poll(colours, { timeout: 40_000, interval: 200 }).toEqual(wanted);
}
