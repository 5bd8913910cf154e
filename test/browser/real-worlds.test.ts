import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { Quaternion, Vector3 } from 'three';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, sharedChromium } from './chromium.ts';
import { isBuilt, startHub } from './hub.ts';
import { type Pixel, pixelsAt } from './picture.ts';
import { expectText, SMALL, visit } from './visit.ts';

const PROJECTS = join(import.meta.dirname, '../../../shared/projects');
interface Place {
  readonly at: readonly [number, number, number];
  readonly look: string;
}

const EXAMPLES = 'https://github.com/webots-hub/examples/blob/main';

/** What a world's text says of where its camera is. */
interface View {
  readonly position: readonly [number, number, number];
  /** Axis and angle. */
  readonly orientation: readonly [number, number, number, number];
}

const WORLDS: Readonly<Record<string, { readonly view: View; readonly looks: Readonly<Record<string, Place>> }>> = {
  '7_local_assets/worlds/local_assets_example.wbt': {
    view: {
      position: [-4.714696945446689, 4.988445084617263, 4.421478004406619],
      orientation: [0.2188889781026863, 0.5265350111852014, -0.82149162945301, 0.9369389812108717],
    },
    looks: {
      'the ground before the forklift': { at: [-1.5, 1.5, 0], look: 'dim' },
      'the ground behind it': { at: [3.5, -3.5, 0], look: 'dim' },
      'the ground beside it': { at: [2, 1, 0], look: 'dim' },
      'the sky above the far corner': { at: [5, -5, 0.6], look: 'bright blue' },
      'the yellow side of the forklift': { at: [-0.4, 0.3, 0.55], look: 'yellow' },
    },
  },
  // The PROTOs of this world are those of Webots: boxes stand for them.
  '1_simple_simulation/worlds/moose_demo.wbt': {
    view: {
      position: [8.539721863280421, -1.28401915357524, 16.220701720458518],
      orientation: [-0.22311591330269342, 0.05825670531162727, 0.9730495596408947, 2.6439975480361126],
    },
    looks: {
      'a side of the box of the robot': { at: [-7.17, 6.3, 7.84], look: 'yellow' },
      'a side of the box of the cardboard box on it': { at: [-7.36, 6.22, 8.6], look: 'yellow' },
      'the terrain before them': { at: [-4.5, 4.5, 7.4], look: 'bright blue' },
    },
  },
  // So are the lamp of this closed room and what covers its walls, which are told from the floor by light alone.
  '5_IDE/worlds/robotino_example.wbt': {
    view: {
      position: [0.5282369583098575, 2.391452593200429, 1.2288490396887097],
      orientation: [-0.17495566338368534, -0.1712572302650894, 0.9695676752717701, 4.660158033734047],
    },
    looks: {
      'the floor': { at: [1.2, 0.3, 0], look: 'bright blue' },
      'the wall beside the window': { at: [1.5, -2.5, 0.3], look: 'dim' },
      'the wall on its other side': { at: [-1, -2.5, 0.3], look: 'dim' },
      'the sky in the window': { at: [0.35, -2.5, 0.4], look: 'bright blue' },
      'the top of the box of the robot': { at: [0, 0.3, 0.4], look: 'yellow' },
    },
  },
};

describe.skipIf(CHROMIUM === undefined || !isBuilt || !existsSync(PROJECTS))(
  'worlds of real projects (needs a Chromium, the build, and these projects beside the checkout)',
  { timeout: 180_000 },
  () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await sharedChromium();
    });

    it.each(Object.entries(WORLDS))(
      '%s: has things where its text says, in their colours',
      async (path, { view, looks }) => {
        await using hub = await startHub(PROJECTS);
        await using visitor = await visit(browser, hub.session, SMALL);
        const { page } = visitor;
        await expectText(page, '#availability', 'A simulation can be started');
        await page.fill('#world', `${EXAMPLES}/${path}`);
        await page.click('#start');
        await page.locator('#picture canvas').waitFor();
        const expected = Object.fromEntries(
          Object.entries(looks).map(([name, { at, look }]) => [name, { at: projected(at, view), look }]),
        );
        const places = Object.values(expected).map(({ at }) => at);
        await expect
          .poll(async () => (await pixelsAt(page, places)).map(lookOf), { timeout: 40_000 })
          .toEqual(Object.values(expected).map(({ look }) => look));
      },
    );
  },
);

/** Width of the picture in heights, as the page has it. */
const ASPECT = 1.6;

/** Half of the default `fieldOfView`, which is that of the width. */
const HALF = Math.tan(Math.PI / 8);

/** Where a place in the world is in the picture, as parts of its width and height from the upper left corner. */
function projected(place: readonly [number, number, number], { position, orientation }: View): [number, number] {
  const [x, y, z, angle] = orientation;
  const back = new Quaternion().setFromAxisAngle(new Vector3(x, y, z).normalize(), angle).invert();
  // Cameras of Webots look along x, with y to the left and z above.
  const seen = new Vector3(...place).sub(new Vector3(...position)).applyQuaternion(back);
  return [0.5 - seen.y / seen.x / HALF / 2, 0.5 - (seen.z / seen.x / HALF / 2) * ASPECT];
}

/** Lit by a sky that is blue, what is grey is a little blue as well. */
function lookOf([red, green, blue]: Pixel): string {
  if (red > 1.3 * blue && green > 1.1 * blue) return 'yellow';
  const brightness = blue > 175 ? 'bright' : blue > 60 ? 'dim' : 'dark';
  return brightness === 'bright' && blue > red ? 'bright blue' : brightness;
}
