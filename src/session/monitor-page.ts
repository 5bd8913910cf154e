import type { SessionMonitorMessage } from '../monitor/messages.ts';
import { sessionDocument } from '../monitor/session-view.ts';
import { FACTS_POLICY, type Page } from '../operations/page.ts';

/** The page `/monitor`: every simulation server with its load and its state. */
export function monitorPage(message: SessionMonitorMessage, startedAt: Date): Page {
  return {
    body: sessionDocument(message, startedAt.toISOString()),
    type: 'text/html; charset=UTF-8',
    headers: { 'Content-Security-Policy': FACTS_POLICY, 'Referrer-Policy': 'no-referrer' },
  };
}
