/** What the viewer's scripts take of each picture while many bodies move; what the graphics card takes is not measured. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { launchChromium } from '../test/browser/chromium.ts';
import { startHub } from '../test/browser/hub.ts';
import { printFigures } from './report.ts';

const BODIES = 200;

/** Time that is measured, in ms, while all of them fall. */
const LENGTH = 4_000;

/** A picture at 60 Hz, in ms. */
const PICTURE = 16.7;

const ball = (index: number) => `Solid {
  translation ${(index % 20) * 0.5} ${Math.floor(index / 20) * 0.5} 200
  children [ DEF S${index} Shape { appearance PBRAppearance { baseColor 1 ${(index % 10) / 10} 0 roughness 0.5 metalness 0 } geometry Sphere { radius 0.2 } } ]
  boundingObject USE S${index}
  physics Physics { }
  name "ball ${index}"
}
`;

const folder = await mkdtemp(join(tmpdir(), 'bench-viewer-'));
await mkdir(join(folder, 'worlds'));
const balls = Array.from({ length: BODIES }, (_, index) => ball(index)).join('');
const world = `#VRML_SIM R2025a utf8\nWorldInfo { basicTimeStep 16 }\nViewpoint { orientation 0 1 0 1.2 position -30 0 230 }\nDirectionalLight { castShadows TRUE }\n${balls}`;
await writeFile(join(folder, 'worlds/balls.wbt'), world);

const hub = await startHub(folder);
const browser = await launchChromium();
// Few pixels: they are drawn by the processor here.
const page = await browser.newPage({ viewport: { width: 640, height: 480 } });
const client = await page.context().newCDPSession(page);
await client.send('Performance.enable');
const pictures =
  'window.pictures = 0; const draw = HTMLCanvasElement.prototype.getContext; void draw; (function count() { window.pictures++; requestAnimationFrame(count); })()';
await page.goto(`${hub.session}/?url=https://github.com/webots-hub/examples/blob/main/worlds/balls.wbt`);
await page.click('#start');
await page.locator('#picture canvas').waitFor();
await page.evaluate(pictures);
await page.getByRole('button', { name: 'Play' }).click();
await pause(500);

async function look() {
  const { metrics } = await client.send('Performance.getMetrics');
  const script = metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? Number.NaN;
  return { script: script * 1_000, pictures: await page.evaluate<number>('window.pictures') };
}

const before = await look();
await pause(LENGTH);
const after = await look();
const drawn = after.pictures - before.pictures;
const frame =
  (await page
    .locator('#frame-time')
    .textContent()
    .catch(() => '')) ?? '';
const isMet = printFigures([
  {
    name: `scripts of the viewer with ${BODIES} moving bodies, a picture`,
    value: (after.script - before.script) / drawn,
    limit: PICTURE,
    unit: 'ms',
    detail: `${drawn} pictures in ${LENGTH / 1_000} s without a graphics card; the page says ${frame}`,
  },
]);
await browser.close();
await hub[Symbol.asyncDispose]();
await rm(folder, { recursive: true });
process.exitCode = isMet ? 0 : 1;
