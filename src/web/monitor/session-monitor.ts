import type { SessionMonitorMessage } from '../../monitor/messages.ts';
import { SERVER_COLUMNS, SERVERS, sessionView, TRANSITION_COLUMNS, TRANSITIONS } from '../../monitor/session-view.ts';
import { showLive } from './live-page.ts';

showLive<SessionMonitorMessage>('monitor/events', {
  columns: { [SERVERS]: SERVER_COLUMNS, [TRANSITIONS]: TRANSITION_COLUMNS },
  view: sessionView,
});
