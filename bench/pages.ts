/** How soon the start page shows something, in a real browser. */
import { setTimeout as pause } from 'node:timers/promises';
import { launchChromium } from '../test/browser/chromium.ts';
import { startHub } from '../test/browser/hub.ts';
import { median, printFigures } from './report.ts';

/** Visits, each by a browser that has nothing of the page; one before them is not counted. */
const VISITS = 21;

/** Looks at whether the browser has painted, and the wait between two of them in ms. */
const LOOKS = 500;
const PAUSE = 10;

await using hub = await startHub();
const browser = await launchChromium();
const times: number[] = [];
for (let visit = 0; visit <= VISITS; visit++) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(hub.session);
  const paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime";
  let time: number | undefined;
  for (let look = 0; time === undefined && look < LOOKS; look++) {
    time = await page.evaluate<number | undefined>(paint);
    await pause(PAUSE);
  }
  if (time === undefined) throw new Error('Expected the browser to paint');
  if (visit > 0) times.push(time);
  await context.close();
}
await browser.close();
const isMet = printFigures([
  {
    name: 'first content of the start page, median',
    value: median(times),
    limit: 300,
    unit: 'ms',
    detail: `${times.length} visits, ${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)} ms`,
  },
]);
process.exitCode = isMet ? 0 : 1;
