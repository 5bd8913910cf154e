import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where the systems that this program is tried on keep a Chromium; one without windows takes half of the time. */
const PLACES = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** Path of a Chromium; `CHROMIUM` in the environment names one elsewhere. */
export const CHROMIUM = [process.env.CHROMIUM ?? '', ...PLACES].find((place) => existsSync(place));

let launching: Promise<Browser> | undefined;

/** The browser of all test files that this process runs; it ends with the process. */
export function sharedChromium(): Promise<Browser> {
  launching ??= launchChromium();
  return launching;
}

export function launchChromium(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('Expected a Chromium');
  // WebGL without a graphics card; all else is drawn faster without WebGL, which Debian asks for.
  const software = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-gpu-rasterization'];
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage', ...software],
  });
}
