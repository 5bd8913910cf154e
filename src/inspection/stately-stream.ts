import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { HTTP_LIMITS } from '../operations/http-limits.ts';
import { closeServer, listen } from '../operations/listen.ts';
import type { ListeningAddress } from '../role.ts';
import type { Recorder } from './recorder.ts';
import type { Entry } from './recording.ts';
import { type Actors, actorsAt, replayForgetting } from './replay.ts';
import { type Definitions, type StatelyEvents, statelyEvents } from './stately-events.ts';

/** Where the tools of `@statelyai/inspect` look for a stream by themselves. */
const STATELY_PORT = 8_080;

/** Viewers at once: our choice, more than one operator opens. */
const MOST_VIEWERS = 10;

/** Bytes that may wait for one viewer; who lags further behind is cut off. Our choice: a thousand sessions fit, each with its definitions. */
const BACKLOG = 32_000_000;

/** Stately's viewer, which the page on this port shows in a frame; nothing is loaded from there before it is opened. */
const VIEWER = 'https://stately.ai/inspect';

/** Longest frame that a viewer may send, in bytes; nothing that it says is heard. */
const MAX_FRAME = 1_024;

/** Close code of RFC 6455's registry for a server that is too busy. */
const TRY_AGAIN_LATER = 1_013;

const LOOPBACK = '127.0.0.1';

/** Names by which this machine reaches the port; a strange one is a page that had its own name resolve to here. */
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1):\d+$/;

const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-src https://stately.ai; base-uri 'none'; frame-ancestors 'none'";

/** Passes the stream on to Stately's viewer in a frame, as soon as that says that it is ready. */
const BRIDGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Stately inspector – webots-hub</title>
<style>html, body, iframe { margin: 0; width: 100%; height: 100%; border: 0 }</style>
<iframe title="Stately inspector" src="${VIEWER}"></iframe>
<script>
const frame = document.querySelector('iframe');
const target = new URL(frame.src).origin;
let waiting = [];
addEventListener('message', ({ data, source }) => {
  if (source !== frame.contentWindow || data?.type !== '@statelyai.connected' || !waiting) return;
  for (const event of waiting) frame.contentWindow.postMessage(event, target);
  waiting = undefined;
});
new WebSocket('ws://' + location.host).onmessage = ({ data }) => {
  const event = JSON.parse(data);
  if (waiting) waiting.push(event);
  else frame.contentWindow.postMessage(event, target);
};
</script>
</html>
`;

export interface StatelyStream {
  readonly address: ListeningAddress;
  close(): Promise<void>;
}

/**
 * Sends what is recorded to whoever connects, in the form of `@statelyai/inspect`: first where the actors stand, then
 * what happens. On this machine only, and nothing is taken from viewers.
 *
 * The package's own `createInspectorServer` listens on all addresses and passes on what anybody sends to it; therefore
 * only its form of events is used.
 *
 * @throws AppError `portTaken` or `bindFailed`
 */
export async function startStatelyStream(
  recorder: Recorder,
  definitions: Definitions,
  port: number = STATELY_PORT,
): Promise<StatelyStream> {
  const server = createServer(HTTP_LIMITS, answerPage);
  const sockets = new WebSocketServer({
    server,
    maxPayload: MAX_FRAME,
    verifyClient: ({ req }: { req: IncomingMessage }) => isAllowed(req),
  });
  // Its own errors are those of the server, of which `listen` tells.
  sockets.on('error', () => {});
  const actors: Actors = actorsAt(recorder.baseline(), entriesOf(recorder), Number.POSITIVE_INFINITY);
  const viewers = new Set<WebSocket>();
  /** Tells all viewers; there is none while nobody watches, so that it costs nothing then. */
  let live: StatelyEvents | undefined;

  function tellActors(send: (text: string) => void): StatelyEvents {
    const events = statelyEvents(definitions, send);
    for (const view of actors.values()) events.begin(view);
    return events;
  }

  sockets.on('connection', (viewer) => {
    // Followed by 'close'.
    viewer.on('error', () => {});
    if (viewers.size >= MOST_VIEWERS) {
      viewer.close(TRY_AGAIN_LATER, 'As many viewers as may watch do so already.');
      return;
    }
    live ??= tellActors((text) => {
      for (const each of viewers) send(each, text);
    });
    tellActors((text) => send(viewer, text));
    viewers.add(viewer);
    viewer.on('close', () => {
      viewers.delete(viewer);
      if (viewers.size === 0) live = undefined;
    });
  });
  const unsubscribe = recorder.subscribe({
    begun: () => actors.clear(),
    recorded(entry) {
      replayForgetting(actors, entry);
      live?.tell(entry);
    },
  });
  const address = await listen(server, LOOPBACK, port, '--inspect PORT');
  // Nothing that the program needs to go on.
  server.unref();
  return {
    address,
    async close() {
      unsubscribe();
      for (const viewer of sockets.clients) viewer.terminate();
      sockets.close();
      await closeServer(server);
    },
  };
}

function* entriesOf(recorder: Recorder): Generator<Entry> {
  for (const text of recorder.after(0)) yield JSON.parse(text) as Entry;
}

function send(viewer: WebSocket, text: string): void {
  if (viewer.readyState !== viewer.OPEN) return;
  viewer.send(text);
  if (viewer.bufferedAmount > BACKLOG) viewer.terminate();
}

/** Programs send no origin; of pages, only that on this port may listen. */
function isAllowed({ headers: { host = '', origin } }: IncomingMessage): boolean {
  return LOOPBACK_HOST.test(host) && (origin === undefined || origin === `http://${host}`);
}

function answerPage(request: IncomingMessage, response: ServerResponse): void {
  if (!isAllowed(request) || request.url !== '/') {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=UTF-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': POLICY,
    'Referrer-Policy': 'no-referrer',
  });
  response.end(BRIDGE);
}
