import type { SessionEvents } from '../client/index.ts';

/** Whether this is how the embedded engine introduces itself to every client. */
export function isEmbeddedEngine({ stream, text }: SessionEvents['console']): boolean {
  return stream === 'stdout' && text.startsWith('This is the embedded engine of webots-hub');
}
