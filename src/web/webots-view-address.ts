/** What the page of Cyberbotics' viewer tells the page around it. */
export type WebotsViewReport = { readonly kind: 'shown' } | { readonly kind: 'failed'; readonly text: string };

/** Characters of the beginning of a scene in which its head is looked for (our choice). */
const HEAD = 2_000;

/** A release of Webots, e.g. `R2025a`; the first whose viewer is offered is R2022b, as on webots.cloud. */
export const isRelease = (text: string): boolean => /^R20[2-9]\d[a-z]$/.test(text) && text >= 'R2022b';

/** The release that wrote a scene, by its head; `undefined` where it does not say it. */
export function releaseOfScene(xml: string): string | undefined {
  const [meta] = /<meta\s[^>]*name=['"]version['"][^>]*>/.exec(xml.slice(0, HEAD)) ?? [];
  const [, release = ''] = /content=['"](R\d{4}[a-z])\b/.exec(meta ?? '') ?? [];
  return isRelease(release) ? release : undefined;
}

/** The release in the first line of a world file; `undefined` where it names none. */
export function releaseOfWorld(text: string): string | undefined {
  const [, release = ''] = /^#VRML_SIM (R\d{4}[a-z])\b/.exec(text) ?? [];
  return isRelease(release) ? release : undefined;
}

/** The address of the page that shows `stream` in the viewer of `release`, below that of the session server. */
export function webotsViewAddress(release: string, stream: string): string {
  return `pages/web/webots-view.html?${new URLSearchParams({ release, stream })}`;
}

export function isWebotsViewReport(data: unknown): data is WebotsViewReport {
  if (typeof data !== 'object' || data === null || !('kind' in data)) return false;
  return data.kind === 'shown' || (data.kind === 'failed' && 'text' in data && typeof data.text === 'string');
}
