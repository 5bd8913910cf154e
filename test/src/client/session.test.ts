import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { connect, type SimulationSession } from '../../../src/client/index.ts';
import {
  type ScriptedService,
  type ScriptedServiceOptions,
  sendAll,
  startScriptedService,
} from '../../fixtures/scripted-service.ts';

const WORLD = 'https://github.com/o/r/blob/main/worlds/demo.wbt';

async function streaming(options: ScriptedServiceOptions = {}) {
  const service = await startScriptedService(options);
  const session = connect({ session: service.session, world: WORLD, WebSocket });
  await Promise.all([
    session.until('stage', ({ stage }) => stage === 'streaming'),
    session.until('message', ({ text }) => text === 'paused by client'),
  ]);
  return { service, session };
}

async function endOf(options: ScriptedServiceOptions, timeouts = {}) {
  await using service = await startScriptedService(options);
  return await connect({ session: service.session, world: WORLD, timeouts }).ended;
}

function stagesOf(session: SimulationSession): string[] {
  const stages: string[] = [];
  session.on('stage', ({ stage }) => stages.push(stage));
  return stages;
}

async function leave(service: ScriptedService, session: SimulationSession) {
  await session.leave();
  await service[Symbol.asyncDispose]();
}

describe('connect', () => {
  it('asks the session server for the world and starts it without a mode', async () => {
    const { service, session } = await streaming();

    expect(service.asked).toEqual([WORLD]);
    expect(service.heard.server).toEqual([`{"start":{"url":"${WORLD}"}}`]);
    await leave(service, session);
  });

  it('passes through its stages in order, with times that never go back', async () => {
    await using service = await startScriptedService();
    const session = connect({ session: service.session, world: WORLD });
    const stages = stagesOf(session);
    const times: number[] = [];
    session.on('stage', ({ elapsed }) => times.push(elapsed));
    await session.until('stage', ({ stage }) => stage === 'streaming');
    await session.leave();

    expect(stages).toEqual([
      'choosing',
      'connecting',
      'starting',
      'opening',
      'loading',
      'streaming',
      'leaving',
      'ended',
    ]);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('moves the bar as the public client does, and never back', async () => {
    const loading = ['Creating network r_default', 'Step 1/7 : ARG A', 'building', 'r done', 'webots starts'];
    await using service = await startScriptedService({
      server: (engineUrl) => (_text, socket) =>
        sendAll(socket, [...loading.map((line) => `loading: ${line}`), `webots:${engineUrl}`]),
    });
    const session = connect({ session: service.session, world: WORLD });
    const bar: number[] = [];
    session.on('progress', ({ percent }) => bar.push(Math.round(percent * 10) / 10));
    await session.until('stage', ({ stage }) => stage === 'streaming');
    await session.leave();

    expect(bar).toEqual([0, 5, 17, 21.9, 21.9, 56, 59, 60, 60.8, 60.8, 100]);
  });

  it('sends pause as soon as the scene arrives, and nothing else until it is told to', async () => {
    const { service, session } = await streaming();

    expect(session.state).toBe('pause');
    expect(service.heard.engine).toEqual(['w3d', 'pause']);
    await leave(service, session);
  });

  it('names MJPEG to the server and its size to the engine', async () => {
    const { service, session } = await (async () => {
      const service = await startScriptedService({
        engine: (_text, socket) => sendAll(socket, ['multimedia: mjpeg pause ', 'scene load completed', 'pause: 0']),
      });
      const session = connect({ session: service.session, world: WORLD, mode: 'mjpeg', size: { width: 9, height: 7 } });
      await session.until('stage', ({ stage }) => stage === 'streaming');
      return { service, session };
    })();

    expect(service.heard.server).toEqual([`{"start":{"url":"${WORLD}","mode":"mjpeg"}}`]);
    expect(service.heard.engine).toEqual(['mjpeg: 9x7']);
    await leave(service, session);
  });

  it('refuses a session server that is no http URL', () => {
    expect(() => connect({ session: 'ws://localhost', world: WORLD })).toThrow(
      new TypeError('Expected `session` to be an http or https URL, got ws://localhost'),
    );
  });

  it('refuses a wait that no timer takes', () => {
    expect(() => connect({ session: 'http://localhost', world: WORLD, timeouts: { open: 2 ** 31 } })).toThrow(
      new RangeError('Expected `timeouts.open` to be from 1 to 2147483647 milliseconds, got 2147483648'),
    );
  });
});

describe('a streaming session', () => {
  it('runs, tells frames, pauses, steps and resets', async () => {
    const { service, session } = await streaming();

    session.play();
    const frame = await session.until('frame');
    expect(frame).toMatchObject({ time: 32, updates: [{ id: 'n9', fields: { translation: '0 0 1.968' } }] });
    session.pause();
    await session.until('state', ({ state }) => state === 'pause');
    const { time } = session;
    session.step();
    expect((await session.until('frame')).time).toBe(time + 32);
    session.reset();
    await session.until('reset');

    expect(session.time).toBe(0);
    expect(service.heard.engine.slice(2)).toEqual(['real-time:-1', 'pause', 'pause', 'step', 'pause', 'reset']);
    await leave(service, session);
  });

  it('goes on after a reset that interrupted it', async () => {
    const { service, session } = await streaming();
    session.run();
    await session.until('state', ({ state }) => state === 'fast');

    session.reset();
    await session.until('reset');
    await session.until('state', ({ state }) => state === 'fast');

    expect(service.heard.engine.slice(2)).toEqual(['fast:-1', 'pause', 'reset', 'fast:-1']);
    await leave(service, session);
  });

  it('stays paused when it is paused during a reset', async () => {
    const { service, session } = await streaming();
    session.play();
    await session.until('state', ({ state }) => state === 'real-time');

    session.reset();
    session.pause();
    await session.until('reset');
    session.step();
    await session.until('frame');

    expect(service.heard.engine.slice(2)).toEqual(['real-time:-1', 'pause', 'reset', 'pause', 'pause', 'step']);
    await leave(service, session);
  });

  it('loads another world of the project, through loading back to streaming', async () => {
    const { service, session } = await streaming();
    const stages = stagesOf(session);

    session.load('worlds/other.wbt');
    await session.until('stage', ({ stage }) => stage === 'streaming');

    expect(stages).toEqual(['loading', 'streaming']);
    await vi.waitFor(() => expect(service.heard.engine.slice(2)).toEqual(['pause', 'load:worlds/other.wbt', 'pause']));
    await leave(service, session);
  });

  it('follows a pause that the engine makes by itself, and echoes it once', async () => {
    const { service, session } = await streaming();
    session.play();
    await session.until('frame');

    for (const socket of service.sockets.engine) socket.send('pause: 320');
    await session.until('state', ({ state }) => state === 'pause');
    session.step();
    await session.until('frame');

    expect(service.heard.engine.slice(2)).toEqual(['real-time:-1', 'pause', 'pause', 'step']);
    await leave(service, session);
  });

  it('follows a run that others began, and echoes it once', async () => {
    const { service, session } = await streaming();

    for (const socket of service.sockets.engine) socket.send('real-time');
    await session.until('frame');

    expect(session.state).toBe('real-time');
    expect(service.heard.engine.slice(2)).toEqual(['real-time:-1']);
    await leave(service, session);
  });

  it('tells console lines, the project’s worlds, robot windows and where assets are', async () => {
    await using service = await startScriptedService({
      engine: (text, socket) => {
        if (text !== 'w3d') return;
        sendAll(socket, [
          'world:worlds/a.wbt:worlds/a.wbt;worlds/b.wbt',
          'stderr:[rob] warning: a\nb',
          'robot window: {"robot":"rob","window":"<generic>","main":true}',
          'model:<W3D/>',
          'scene load completed',
        ]);
      },
    });
    const session = connect({ session: service.session, world: WORLD });
    const told: object[] = [];
    for (const name of ['world', 'console', 'robotWindow', 'scene'] as const) {
      session.on(name, ({ elapsed, ...event }) => told.push({ name, ...event }));
    }
    await session.until('stage', ({ stage }) => stage === 'streaming');

    expect(told).toEqual([
      { name: 'world', current: 'worlds/a.wbt', worlds: ['worlds/a.wbt', 'worlds/b.wbt'] },
      { name: 'console', stream: 'stderr', text: '[rob] warning: a\nb' },
      { name: 'robotWindow', robot: 'rob', window: '<generic>', main: true },
      { name: 'scene', xml: '<W3D/>' },
    ]);
    expect(session.assetsUrl).toBe(`${service.engineUrl.replace('ws', 'http')}/`);
    await session.leave();
  });

  it('tells what it cannot read and goes on', async () => {
    const { service, session } = await streaming();
    const trouble = session.until('trouble');

    for (const socket of service.sockets.engine) socket.send('application/json:{"time":');

    expect(await trouble).toMatchObject({
      text: 'Expected a message "application/json:…", got application/json:{"time":',
    });
    expect(session.stage).toBe('streaming');
    await leave(service, session);
  });

  it('refuses commands before the engine listens', async () => {
    await using service = await startScriptedService({ server: () => () => {} });
    const session = connect({ session: service.session, world: WORLD });
    await session.until('stage', ({ stage }) => stage === 'starting');

    expect(() => session.play()).toThrow('Expected an engine that listens, but the session is starting');
    await session.leave();
  });

  it('keeps telling the other listeners when one throws', async () => {
    const { service, session } = await streaming();
    const uncaught = new Promise((resolve) => {
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const listener of others) process.on('uncaughtException', listener);
        resolve(error);
      });
    });
    const bug = new Error('a bug in the page');
    session.on('frame', () => {
      throw bug;
    });
    const frame = session.until('frame');
    session.step();

    expect((await frame).time).toBe(32);
    expect(await uncaught).toBe(bug);
    await leave(service, session);
  });
});

describe('the end of a session', () => {
  it('closes the connection to the server before the stream, both with 1000', async () => {
    const closed: string[] = [];
    class RecordingWebSocket extends WebSocket {
      override close(code?: number) {
        if (this.readyState === WebSocket.OPEN) closed.push(`${new URL(this.url).pathname} ${code}`);
        super.close(code);
      }
    }
    await using service = await startScriptedService();
    const session = connect({ session: service.session, world: WORLD, WebSocket: RecordingWebSocket });
    await session.until('stage', ({ stage }) => stage === 'streaming');

    expect(await session.leave()).toEqual({ reason: 'left', text: 'The session was left.' });
    expect(closed).toEqual(['/client 1000', '/ 1000']);
    await vi.waitFor(() => expect(service.closures.toSorted()).toEqual(['engine 1000', 'server 1000']));
  });

  it('is the same for every call of leave', async () => {
    const { service, session } = await streaming();

    expect(await Promise.all([session.leave(), session.leave()])).toEqual([await session.ended, await session.ended]);
    await service[Symbol.asyncDispose]();
  });

  it('comes when the signal aborts, also while the session server is asked', async () => {
    const controller = new AbortController();
    const session = connect({
      session: 'http://localhost',
      world: WORLD,
      signal: controller.signal,
      fetch: (_url, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    });
    await session.until('stage');
    controller.abort();

    expect(await session.ended).toEqual({ reason: 'aborted', text: 'The session was aborted.' });
  });

  it('is unavailable in the words of the session server', async () => {
    expect(await endOf({ answer: () => 'Error: no simulation server available at the moment.' })).toEqual({
      reason: 'unavailable',
      text: 'No simulation server available at the moment.',
    });
  });

  it('says what a session server answered that is none', async () => {
    expect(await endOf({ answer: () => '<html>\n  Welcome' })).toEqual({
      reason: 'sessionServerFailed',
      text: 'Expected the session server to name a simulation server by a ws or wss URL, got "<html> Welcome"',
    });
  });

  it('reads no more of an answer than can be one', async () => {
    const { reason, text } = await endOf({ answer: () => 'x'.repeat(10_000_000) });

    expect(reason).toBe('sessionServerFailed');
    expect(text.length).toBeLessThan(400);
  });

  it('says that no session server is there', async () => {
    const service = await startScriptedService();
    await service[Symbol.asyncDispose]();
    const { reason, text } = await connect({ session: service.session, world: WORLD }).ended;

    expect(reason).toBe('sessionServerFailed');
    expect(text).toContain(`Could not reach the session server at ${service.session}: `);
  });

  it('says that no simulation server is there', async () => {
    const gone = await startScriptedService();
    await gone[Symbol.asyncDispose]();

    expect(await endOf({ answer: () => gone.engineUrl })).toEqual({
      reason: 'simulationServerFailed',
      text: `Could not connect to ${gone.engineUrl}/client`,
    });
  });

  it('is a refusal in the words of the server, which are text and no HTML', async () => {
    const refusal = (_text: string, socket: WebSocket) => {
      sendAll(socket, ['loading: Error: no &lt;b&gt; &amp;amp; c', 'error: no <b> &amp; c']);
      socket.close(1000);
    };

    expect(await endOf({ server: () => refusal })).toEqual({ reason: 'refused', text: 'no <b> &amp; c' });
  });

  it('has the number of the post-mortem that the server keeps of it', async () => {
    const refusal = (_text: string, socket: WebSocket) => {
      sendAll(socket, ['post-mortem: 9f86d081', 'loading: Error: it crashed', 'error: it crashed']);
    };

    expect(await endOf({ server: () => refusal })).toEqual({
      reason: 'refused',
      text: 'it crashed',
      postMortem: '9f86d081',
    });
  });

  it('is a refusal also where the server only says "loading: Error:" and closes', async () => {
    const refusal = (_text: string, socket: WebSocket) => {
      socket.send('loading: Error: Missing blob in Webots simulation URL, founds &lt;raw&gt;');
      socket.close(1000);
    };

    expect(await endOf({ server: () => refusal })).toEqual({
      reason: 'refused',
      text: 'Missing blob in Webots simulation URL, founds <raw>',
    });
  });

  it('does not come from a mistake that the server only mentions', async () => {
    const { service, session } = await streaming();
    const trouble = session.until('trouble');
    for (const socket of service.sockets.server) socket.send('loading: Error: a second start');

    expect((await trouble).text).toBe('a second start');
    expect(session.stage).toBe('streaming');
    await leave(service, session);
  });

  it('comes when the server closes without a word, and closes the stream', async () => {
    const { service, session } = await streaming();
    for (const socket of service.sockets.server) socket.close(1000);

    expect(await session.ended).toEqual({ reason: 'closed', text: 'The simulation server closed the connection.' });
    await vi.waitFor(() => expect(service.closures).toContain('engine 1000'));
    await service[Symbol.asyncDispose]();
  });

  it('has the server’s reason when the stream breaks first', async () => {
    const { service, session } = await streaming();
    for (const socket of service.sockets.engine) socket.terminate();
    await vi.waitFor(() => expect(() => session.play()).toThrow());
    for (const socket of service.sockets.server) socket.send('error: Webots crashed: signal SIGSEGV');

    expect(await session.ended).toEqual({ reason: 'refused', text: 'Webots crashed: signal SIGSEGV' });
    await service[Symbol.asyncDispose]();
  });

  it('says that the stream broke when the server does not say why', async () => {
    await using service = await startScriptedService();
    const session = connect({ session: service.session, world: WORLD, timeouts: { farewell: 50 } });
    await session.until('stage', ({ stage }) => stage === 'streaming');
    for (const socket of service.sockets.engine) socket.terminate();

    expect(await session.ended).toEqual({
      reason: 'streamFailed',
      text: `The connection to ${service.engineUrl}/ broke (close code 1006)`,
    });
  });

  it('comes when the session server says nothing in time', async () => {
    const silent = () => new Promise<Response>(() => {});
    const session = connect({ session: 'http://localhost', world: WORLD, timeouts: { choice: 50 }, fetch: silent });

    expect(await session.ended).toEqual({
      reason: 'timedOut',
      text: 'Expected the session server at http://localhost to answer within 50 ms, which it did not.',
    });
  });

  it('comes when the simulation server says nothing in time', async () => {
    expect(await endOf({ server: () => () => {} }, { start: 50 })).toEqual({
      reason: 'timedOut',
      text: 'Expected the simulation server to start the engine within 50 ms, which it did not.',
    });
  });

  it('comes when the engine says nothing in time', async () => {
    expect(await endOf({ engine: () => {} }, { load: 50 })).toEqual({
      reason: 'timedOut',
      text: 'Expected the engine to send the whole world within 50 ms, which it did not.',
    });
  });

  it('does not wait for a server that never answers the closing handshake', async () => {
    await using service = await startScriptedService();
    const session = connect({ session: service.session, world: WORLD, timeouts: { farewell: 50 } });
    await session.until('stage', ({ stage }) => stage === 'streaming');
    for (const socket of [...service.sockets.server, ...service.sockets.engine]) socket.pause();

    expect((await session.leave()).reason).toBe('left');
  });

  it('fails what still waits for an event', async () => {
    const { service, session } = await streaming();
    const waiting = session.until('reset');
    void session.leave();

    await expect(waiting).rejects.toMatchObject({ code: 'ended', message: 'The session ended: The session was left.' });
    await service[Symbol.asyncDispose]();
  });

  it('fails a wait for an event that does not come in time', async () => {
    const { service, session } = await streaming();

    await expect(session.until('reset', () => true, 20)).rejects.toMatchObject({ code: 'timedOut' });
    await leave(service, session);
  });
});
